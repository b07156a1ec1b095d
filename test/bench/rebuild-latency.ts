import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startHere } from '../operations/in-process.ts';
import { liveLoad } from '../operations/live-load.ts';
import { inDirectory, median, perSecond, type Result } from './race.ts';

const BEFORE = 200_000;
/** Many short windows, turn by turn: what else the machine does hits all alike. */
const ROUNDS = 12;
const WINDOW_MS = 1_500;
const READERS = 4;
const PAUSE_MS = 10;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

/** Reads over HTTP under 2,000 events a second, with and without a rebuild beside them, turn by turn. */
export const benchRebuildLatency = async (): Promise<Result[]> =>
  inDirectory(async (dir) => {
    const rollcall = await startHere(dir);
    const load = await liveLoad(rollcall.dir.log, { before: BEFORE, eventsPerSecond: 0, most: 0 });
    await load.stop();
    const { rebuild } = rollcall.projection.generations;
    const quiet: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const since = performance.now();
      const { events } = await rebuild({ full: true, fresh: true });
      quiet.push(perSecond(events, since));
    }
    await rollcall.stop();
    return [
      {
        name: `full rebuild of ${BEFORE} events, nothing else going on`,
        value: Math.round(median(quiet)),
        unit: 'events/s',
      },
      ...(await underLoad()),
    ];
  });

const underLoad = (): Promise<Result[]> =>
  inDirectory(async (dir) => {
    const rollcall = await startHere(dir);
    const most = Math.ceil((2 * (ROUNDS + 2) * 3 * WINDOW_MS * 2_000) / 1_000);
    const load = await liveLoad(rollcall.dir.log, { before: BEFORE, eventsPerSecond: 2_000, most });
    const worker = new Worker(new URL('./latency-reader.ts', import.meta.url), {
      workerData: { url: rollcall.url, readers: READERS, pauseMs: PAUSE_MS },
    });
    let sink: number[] = [];
    let failed = 0;
    worker.on('message', (message: { ms?: number }) => {
      if (message.ms === undefined) failed++;
      else sink.push(message.ms);
    });
    const { rebuild } = rollcall.projection.generations;
    const during = async (work: () => Promise<unknown>): Promise<number[]> => {
      sink = [];
      const mine = sink;
      await work();
      return mine;
    };
    const rebuilding = (full: boolean) => async (): Promise<void> => {
      const begin = performance.now();
      while (performance.now() - begin < WINDOW_MS) await rebuild({ full, fresh: true });
    };
    await delay(WINDOW_MS);
    const samples: Record<string, number[]> = {
      'no rebuild': [],
      'rebuilds of the open streams': [],
      'full rebuilds': [],
    };
    for (let round = 0; round < ROUNDS; round++) {
      samples['no rebuild']?.push(...(await during(() => delay(WINDOW_MS))));
      samples['rebuilds of the open streams']?.push(...(await during(rebuilding(false))));
      samples['full rebuilds']?.push(...(await during(rebuilding(true))));
    }
    await worker.terminate();
    await load.stop();
    await rollcall.stop();
    if (failed > 0) throw new Error(`${failed} reads failed`);
    const base = percentile(samples['no rebuild'] ?? [], 0.99);
    return Object.entries(samples).map(([name, values]) => ({
      name: `99th percentile of ${values.length} reads, ${name}`,
      value: Number(percentile(values, 0.99).toFixed(2)),
      unit: 'ms',
      ...(name === 'no rebuild'
        ? {}
        : { of: 'that of no rebuild', ratio: Number((percentile(values, 0.99) / base).toFixed(2)) }),
    }));
  });
