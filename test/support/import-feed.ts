import { type RecordingReport, readAmiRecording, readAriRecording } from '@rollcall/asterisk';
import type { Channel } from '@rollcall/channel';
import { systemWorld, type World } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { createIngestCounters, createRecording, createWriter, type IngestCounters } from '@rollcall/ingest';
import { catchUp, replayOpen, verify } from '@rollcall/projector';
import { createMemoryCache, type Difference, differences } from '@rollcall/state-cache';

export type Imported = {
  /** By uniqueid. */
  channels: Map<string, Channel>;
  counters: IngestCounters;
  report: RecordingReport;
  /** What the folded log, the list, and the open streams that the commands read do not agree on. */
  differences: Difference[];
  /** How many events the log holds. */
  events: number;
};

export type Feed = { data: string; bytes: Buffer; source?: 'ami' | 'ari'; world?: World; pieceSize?: number };

/** What `rollcall import` does, within this process: for tests that do it hundreds of times or decide the time. */
export const importFeed = async (feed: Feed): Promise<Imported> => {
  const { data, bytes, source = 'ami', world = systemWorld, pieceSize = 64 * 1024 } = feed;
  const log = openEmbeddedLog({ dir: data, world });
  try {
    const cache = createMemoryCache();
    await catchUp(log, cache, await log.head());
    const counters = createIngestCounters();
    const writer = createWriter({
      pbx: 'pbx',
      log,
      world,
      counters,
      signal: new AbortController().signal,
      canAsk: false,
      suspect: () => {},
      stalled: (error) => {
        if (error) throw error;
      },
    });
    await writer.load(cache.list());
    const recording = createRecording({ writer, counters, source });
    await recording.begin();
    const read = source === 'ami' ? readAmiRecording : readAriRecording;
    const { parts, report } = read(inPieces(bytes, pieceSize), { variables: [] });
    for await (const { observations } of parts) await recording.observe(observations);
    await recording.end();
    await catchUp(log, cache, await log.head());
    return {
      channels: new Map([...cache.list()].map((channel) => [channel.uniqueid, channel])),
      counters,
      report,
      differences: [...(await verify(log, cache)).differences, ...differences(cache, await replayOpen(log))],
      events: await log.head(),
    };
  } finally {
    await log.close();
  }
};

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}
