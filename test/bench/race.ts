import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `ratio`: median, over the rounds, of this value to that of the result named `of` in the same round. */
export type Result = { name: string; value: number; unit: string; of?: string; ratio?: number };

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export const perSecond = (count: number, since: number): number => (count / (performance.now() - since)) * 1_000;

/** Runs the contestants turn by turn, so that what else the machine does hits all alike; each tells how many it did a second. */
export const race = async (
  name: string,
  rounds: number,
  base: string,
  contestants: Record<string, (round: number) => Promise<number>>,
): Promise<Result[]> => {
  const rates: Record<string, number[]> = Object.fromEntries(Object.keys(contestants).map((key) => [key, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [key, run] of Object.entries(contestants)) rates[key]?.push(await run(round));
  }
  return Object.entries(rates).map(([key, values]) => {
    const result = { name: `${name}: ${key}`, value: Math.round(median(values)), unit: 'events/s' };
    if (key === base) return result;
    const ratio = median(values.map((value, round) => value / (rates[base]?.[round] ?? Number.NaN)));
    return { ...result, of: `${name}: ${base}`, ratio: Number(ratio.toFixed(2)) };
  });
};

/** Work in a directory of its own, which is gone afterwards. */
export const inDirectory = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};
