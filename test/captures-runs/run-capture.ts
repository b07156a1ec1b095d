import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAmiRecording, readAriRecording } from '@rollcall/asterisk';
import type { RecordedEvent } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { createIngestCounters, createRecording, createWriter, type IngestCounters } from '@rollcall/ingest';
import { createCounters, project, type Verification, verify } from '@rollcall/projector';
import { createMemoryCache, type StateCache } from '@rollcall/state-cache';

export const CAPTURES = join(import.meta.dirname, '../captures');

export type CaptureRun = {
  /** Called before what was received at `t` (milliseconds since the start of the recording) is taken in. */
  before?: (t: number, cache: StateCache) => void;
  /** Called after each commit, with the events that it took in. */
  committed?: (t: number, events: readonly RecordedEvent[]) => void;
  /** When the recorder's connection was lost: a recording's bytes do not hold it, a live socket tells it at once. */
  lostAt?: number | undefined;
};

/** One capture, by AMI or by ARI, through reader, writer, embedded log and projector, as `rollcall import` does it. */
export const runCapture = async (
  capture: string,
  source: 'ami' | 'ari',
  { before, committed, lostAt }: CaptureRun,
): Promise<{ cache: StateCache; counters: IngestCounters; verification: Verification; events: number }> => {
  const data = mkdtempSync(join(tmpdir(), 'rollcall-capture-'));
  const log = openEmbeddedLog({ dir: data, world: systemWorld });
  try {
    const cache = createMemoryCache();
    const counters = createIngestCounters();
    const projected = createCounters();
    const writer = createWriter({
      pbx: 'pbx',
      log,
      world: systemWorld,
      counters,
      signal: new AbortController().signal,
      canAsk: false,
      suspect: () => {},
      stalled: () => {},
    });
    await writer.load([]);
    const recording = createRecording({ writer, counters, source });
    await recording.begin();
    const file = (name: string) => createReadStream(join(CAPTURES, capture, name));
    const chunks = { name: 'ami.chunks.ndjson.gz', input: file('ami.chunks.ndjson.gz') };
    const { parts, report } =
      source === 'ami'
        ? readAmiRecording(file('ami.raw.gz'), { variables: [], chunks })
        : readAriRecording(file('ari.ndjson.gz'), { variables: [] });
    const catchUp = async (t: number) => {
      for await (const batch of log.readAll(cache.checkpoint)) {
        await project(log, cache, batch, projected);
        committed?.(t, batch);
      }
    };
    let last = 0;
    let lost = lostAt;
    for await (const { t = last, observations } of parts) {
      if (lost !== undefined && t > lost) {
        before?.(lost, cache);
        await writer.recordPbx({ type: 'PbxDisconnected', data: { reason: 'the connection was lost' } }, source);
        await catchUp(lost);
        lost = undefined;
      }
      before?.(t, cache);
      await recording.observe(observations);
      await catchUp(t);
      last = t;
    }
    before?.(Number.POSITIVE_INFINITY, cache);
    if (report.damage !== undefined || report.malformed > 0)
      throw new Error(`${capture} ${source}: ${JSON.stringify(report)}`);
    await recording.end();
    await catchUp(last);
    return { cache, counters, verification: await verify(log, cache), events: await log.head() };
  } finally {
    await log.close();
    rmSync(data, { recursive: true });
  }
};
