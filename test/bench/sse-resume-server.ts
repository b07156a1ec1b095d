// A process that serves a log of its own, as `rollcall start` does: readers resume by Last-Event-ID.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi, listen } from '@rollcall/api';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { createCounters, runProjector, tell } from '@rollcall/projector';
import { createMemoryCache } from '@rollcall/state-cache';
import { lives } from './channel-lives.ts';

/** Channels that are live at every moment: each log that is folded has so many open streams. */
const ALIVE = Number(process.env.ALIVE ?? 1_000);
const LIVED = ALIVE * 10;

const dir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
process.on('exit', () => rmSync(dir, { recursive: true }));
const log = openEmbeddedLog({ dir, world: systemWorld });
const cache = createMemoryCache();
void runProjector({ log, cache, signal: new AbortController().signal, counters: createCounters() });

const feed = lives(Number.MAX_SAFE_INTEGER, { alive: ALIVE });
const append = async (count: number): Promise<void> => {
  const appended: Promise<unknown>[] = [];
  for (let n = 0; n < count; n += 1) {
    const next = feed.next().value;
    if (next) appended.push(log.append(next.stream, next.expected, [next.event]));
  }
  await Promise.all(appended);
};
await append(LIVED);

const api = createApi({
  cache,
  clock: systemWorld.clock,
  scheduler: systemWorld.scheduler,
  staleAfter: 900_000,
  readiness: () => ({ problems: [], pbxs: [], position: cache.checkpoint }),
  at: async () => ({ cache, now: systemWorld.clock.now() }),
  follow: (from, signal) => tell(log, from ?? cache.checkpoint, signal),
  log,
});
const url = await listen(api, { host: '127.0.0.1', port: 0, open: false });

process.on('message', async ({ append: count }: { append: number }) => {
  await append(count);
  process.send?.({ head: await log.head(), cpu: process.cpuUsage() });
});
process.send?.({ url: `${url}/v1/events` });
// Ends with whoever measures.
process.on('disconnect', () => process.exit());
