import { createReadStream } from 'node:fs';
import { readAmiRecording } from '@rollcall/asterisk';
import type { Channel, Observation } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import { createRecording, createWriter, type IngestCounters, type IngestLog, type PbxStatus } from '@rollcall/ingest';

const CHUNKS = 'ami.chunks.ndjson.gz';

const capture = (file: string): URL => new URL(`../demo/${file}`, import.meta.url);

export type DemoOptions = {
  log: IngestLog;
  live: Iterable<Channel>;
  counters: IngestCounters;
  world: World;
  signal: AbortSignal;
  status: (status: PbxStatus) => void;
};

/**
 * Plays a real recording (Asterisk 22.10, 1,170 channels in 44 s, with redirects, transfers and bridges) as PBX `demo`, at
 * the speed at which it happened, again and again. Each round is a boot of its own: the same uniqueids come back.
 */
export const playDemo = async (options: DemoOptions): Promise<void> => {
  const { world, signal, counters, status } = options;
  const writer = createWriter({
    ...options,
    pbx: 'demo',
    canAsk: false,
    suspect: () => {},
    stalled: (error) => status({ state: error ? 'failed' : 'live', reason: error && errorLine(error), warnings: [] }),
  });
  await writer.load(options.live);
  const recording = createRecording({ writer, counters, source: 'ami' });
  await recording.begin();
  status({ state: 'live', reason: undefined, warnings: [] });
  while (!signal.aborted) {
    await writer.bootSign({ sign: 'startup-time', startup: `demo:${world.clock.now()}` });
    const startedAt = world.clock.monotonic();
    const { parts } = readAmiRecording(createReadStream(capture('ami.raw.gz')), {
      variables: [],
      chunks: { name: CHUNKS, input: createReadStream(capture(CHUNKS)) },
    });
    for await (const { t, observations } of parts) {
      await world.scheduler.sleep((t ?? 0) - (world.clock.monotonic() - startedAt), signal);
      if (signal.aborted) break;
      await recording.observe(observations.filter(isOfChannel).map((one) => ({ ...one, time: world.clock.now() })));
    }
  }
  await recording.end();
};

/** What the recorded PBX said of itself, its boot above all, would contradict the rounds. */
const isOfChannel = (observation: Observation): boolean => 'uniqueid' in observation;
