import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Position, position, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { createTurnstile, rebuild, replayOpen, verify } from '@rollcall/projector';
import { bigLog } from './big-log.ts';
import { inDirectory, median, type Result } from './race.ts';

/** `--events 1000000,10000000`: the logs to measure. The largest takes some minutes and 10 GB to make, once. */
const SIZES = [1_000_000, 10_000_000, 50_000_000];

const sizes = (): number[] => {
  const given = process.argv[process.argv.indexOf('--events') + 1];
  return process.argv.includes('--events') && given ? given.split(',').map(Number) : SIZES;
};

const RANDOM_PLACES = 20;
/** The log at which what reads every event is measured: it grows with the events. */
const CHECKED = 1_000_000;

const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const since = performance.now();
  await work();
  return performance.now() - since;
};

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** How what operators wait for grows with the log: a rebuild of what is open, and the list of any moment. */
export const benchGrowth = async (): Promise<Result[]> => {
  const results: Result[] = [];
  for (const events of sizes()) {
    const dir = await bigLog(events);
    const log = openEmbeddedLog({ dir, world: systemWorld, mode: 'read' });
    const size = `${events / 1_000_000}M events`;
    try {
      const live = await replayOpen(log);
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        times.push(await milliseconds(() => rebuild({ log, live, turnstile: createTurnstile(), path: 'open' })));
      }
      results.push({
        name: `${size}: fast rebuild of ${live.size} live channels, verified`,
        value: rounded(median(times)),
        unit: 'ms',
      });

      const head = await log.head();
      const places = Array.from({ length: RANDOM_PLACES }, (_, n) => placeOf(n, head));
      const at: number[] = [];
      for (const place of places) at.push(await milliseconds(() => replayOpen(log, place)));
      results.push({ name: `${size}: --at, ${RANDOM_PLACES} places, median`, value: rounded(median(at)), unit: 'ms' });
      results.push({
        name: `${size}: --at, ${RANDOM_PLACES} places, slowest`,
        value: rounded(Math.max(...at)),
        unit: 'ms',
      });
      if (events === CHECKED) results.push(...(await benchUpkeep(dir, size)));
    } finally {
      await log.close();
    }
  }
  return results;
};

/** Whatever reads or drops every event, each beside the parsing of the same bodies and nothing else. */
const benchUpkeep = async (dir: string, size: string): Promise<Result[]> =>
  inDirectory(async (copy) => {
    copyFileSync(join(dir, 'events.db'), join(copy, 'events.db'));
    const log = openEmbeddedLog({ dir: copy, world: systemWorld });
    try {
      const { events } = await log.stats();
      const bodies: string[] = [];
      for await (const batch of log.readAll(START)) for (const { data } of batch) bodies.push(JSON.stringify(data));
      const rate = (ms: number, count = events) => Math.round(count / (ms / 1_000));
      const parse = rate(
        await milliseconds(async () => {
          for (const body of bodies) JSON.parse(body);
        }),
      );
      const of = `${size}: JSON.parse of the same bodies alone`;
      const beside = (name: string, value: number): Result => ({
        name: `${size}: ${name}`,
        value,
        unit: 'events/s',
        of,
        ratio: Number((value / parse).toFixed(2)),
      });
      const live = await replayOpen(log);
      const full = await milliseconds(() => rebuild({ log, live, turnstile: createTurnstile(), path: 'full' }));
      const verified = await milliseconds(() => verify(log, live));
      const checked = await milliseconds(async () => {
        for await (const finding of log.check()) throw new Error(JSON.stringify(finding));
      });
      let dropped = 0;
      const compacted = await milliseconds(async () => {
        dropped = (await log.compact({ before: position(await log.head()) })).events;
      });
      return [
        { name: of, value: parse, unit: 'events/s' },
        beside('full rebuild, verified', rate(full)),
        beside('verify: fold every event, compare', rate(verified)),
        beside('the log checks itself', rate(checked)),
        beside('compaction of everything that is over', rate(compacted, dropped)),
      ];
    } finally {
      await log.close();
    }
  });

/** Spread over the whole log without a pattern; the same in every run. */
const placeOf = (n: number, head: Position): Position =>
  position(Math.max(START + 1, Math.floor(((n * 0.618_033_988_75 + 0.1) % 1) * head)));
