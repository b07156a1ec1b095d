import { describe, expect, test } from 'vitest';
import { simulate } from './simulate.ts';

/** To read what a seed does: `node test/simulation/run.ts --seed N --trace`. */
const failureOf = async (seed: number) => (await simulate(seed)).failure;

describe('whatever a PBX, its line, the log and Rollcall itself suffer, every promise holds', () => {
  test.each([0, 1, 2, 3, 4, 5])('in fifty lives from seed %i × 50 on', async (block) => {
    for (let seed = block * 50; seed < block * 50 + 50; seed++) {
      expect({ seed, failure: await failureOf(seed) }).toEqual({ seed, failure: undefined });
    }
  });

  test('the same seed lives the same life', async () => {
    const lives: string[][] = [[], []];
    for (const lines of lives) await simulate(7, (line) => lines.push(line));
    expect(lives[0]?.length).toBeGreaterThan(100);
    expect(lives[1]).toEqual(lives[0]);
  });
});
