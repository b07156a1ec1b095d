import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { CAPTURES } from './run-capture.ts';
import { type Agreement, agree } from './truth.ts';

const captures = readdirSync(CAPTURES).filter((name) => /^a(16|22)-/.test(name));
const sources = ['ami', 'ari'] as const;
const results: Agreement[] = [];

const run = async (capture: string, source: 'ami' | 'ari'): Promise<Agreement> => {
  const result = await agree(capture, source);
  results.push(result);
  return result;
};

test('all twenty captures are here', () => {
  expect(captures).toHaveLength(20);
});

describe.each(sources)('by %s', (source) => {
  describe.each(captures.filter((capture) => !capture.endsWith('-ghost')))('%s', (capture) => {
    test('leaves no ghost, is what its log says, and agrees with Asterisk at every poll', async () => {
      const result = await run(capture, source);
      expect(result.wrong).toEqual([]);
      expect(result.ghosts).toBe(0);
      expect(result.differences).toBe(0);
      expect(result.polls).toBeGreaterThan(10);
      expect(result.compared).toBeGreaterThan(0);
    });
  });

  describe.each(captures.filter((capture) => capture.endsWith('-ghost')))('%s', (capture) => {
    test("the list is empty, as Status says, although Asterisk's own is not", async () => {
      const result = await run(capture, source);
      expect(result.ghosts).toBe(0);
      expect(result.differences).toBe(0);
      expect(result.atTheEnd.ours).toBe(0);
      expect(result.atTheEnd.asterisk).toBeGreaterThan(0);
    });
  });
});

afterAll(() => {
  const sum = (what: 'polls' | 'compared' | 'exempt' | 'internal' | 'delayed' | 'stalePolls') =>
    results.reduce((total, result) => total + result[what], 0);
  console.log(
    `captures: ${results.length} runs, ${sum('polls')} polls, ${sum('compared')} channels compared; set aside: ` +
      `${sum('exempt')} changed within 100 ms, ${sum('internal')} of internal technologies, ${sum('delayed')} said before the ` +
      `poll and delivered after it; ${sum('stalePolls')} polls fell into a lost connection or the comparison after it`,
  );
});
