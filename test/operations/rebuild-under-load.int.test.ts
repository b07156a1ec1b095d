import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMemoryCache, digest } from '@rollcall/state-cache';
import { afterAll, expect, test } from 'vitest';
import { replayResult } from '../../services/cli/src/operations/replay.ts';
import { runCommand } from '../../services/cli/src/testing/run-command.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { newDir, removeDirs } from './as-operator.ts';
import { startHere } from './in-process.ts';
import { liveLoad } from './live-load.ts';
import { watchfulReader } from './watchful-reader.ts';

afterAll(removeDirs);

const BEFORE = 20_000;
const REPLAYS = [{ full: false }, { full: true }, { back: true }, { full: false }];

test('A rebuild under live load of 2,000 events a second: no read fails or goes back in time, and the list after the swap equals the list before it, event for event', {
  timeout: 300_000,
}, async () => {
  const data = newDir();
  const { dir, projection, url = '', stop } = await startHere(data);
  const { log, cache } = dir;
  // Who follows the live feed, and nothing else, ends with the very list.
  const followed = createMemoryCache();
  projection.onCommit((changes) => followed.commit(changes));
  const load = await liveLoad(log, { before: BEFORE, eventsPerSecond: 2_000, most: 400_000 });
  const token = readFileSync(join(data, 'operator.token'), 'utf8').trim();
  const seen = { position: 0, reads: 0 };
  const stopReaders = [watchfulReader(url, seen), watchfulReader(url, seen)];

  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const replay = async (body: object): Promise<unknown> => {
    const answer = await fetch(`${url}/v1/operations/replay`, { method: 'POST', headers, body: JSON.stringify(body) });
    const { id } = (await answer.json()) as { id: string };
    const text = await (await fetch(`${url}/v1/jobs/${id}/progress`, { headers })).text();
    return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
  };

  for (const body of REPLAYS) {
    const [appended, reads] = [load.appended(), seen.reads];
    const job = (await replay(body)) as { state: string; result: unknown };
    expect(job).toMatchObject({ state: 'done' });
    const result = replayResult.parse(job.result);
    if (result.did === 'rebuilt') {
      expect(result.repaired).toEqual({ count: 0, shown: [] });
      expect(result.position).toBeGreaterThanOrEqual(BEFORE);
    } else expect(result).toMatchObject({ did: 'returned', changed: { count: 0 } });
    // The feed and the readers go on between two of them too.
    await waitFor('more events, and more reads', () => load.appended() > appended + 500 && seen.reads > reads + 5);
  }
  expect((await runCommand(['verify'], { data })).exitCode, 'verify while writing goes on').toBe(0);

  await load.stop();
  for (const stopReader of stopReaders) await stopReader();
  await waitFor('the list to follow', async () => cache.checkpoint === (await log.head()));
  expect(digest(followed)).toBe(digest(cache));
  const verified = await runCommand(['verify'], { data });
  expect(verified).toMatchObject({ exitCode: 0, err: '', error: undefined });
  expect(verified.out).toMatch(/^list: \d+ .* 0 differences$/m);
  await stop();
});
