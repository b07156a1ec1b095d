import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openKafkaPartition } from '@rollcall/event-log/kafka';
import { replay } from '@rollcall/projector';
import { canonicalLines, type StateCache } from '@rollcall/state-cache';
import { readTopic } from '../brokers/judge.ts';
import type { Kafka } from '../brokers/kafka.ts';

/** What the log says, partition by partition, read anew from its first record; `counted`: ids of the channels' events by stream. */
export const foldLog = async (
  kafka: Kafka,
  topic: string,
  partitions: number,
): Promise<{ folded: StateCache[]; counted: Map<string, string[]> }> => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-oracle-'));
  try {
    const folded: StateCache[] = [];
    const counted = new Map<string, string[]>();
    for (let partition = 0; partition < partitions; partition++) {
      const at = { brokers: kafka.bootstrap, topic, dir, partition, partitions };
      const log = await openKafkaPartition({ ...at, world: systemWorld });
      folded.push(await replay(log));
      for await (const batch of log.readAll(START)) {
        // That of a PBX stands in every partition.
        const ofChannels = batch.filter(({ stream }) => !stream.startsWith('pbx/'));
        for (const { stream, id } of ofChannels) counted.set(stream, [...(counted.get(stream) ?? []), id]);
      }
      await log.close();
    }
    return { folded, counted };
  } finally {
    rmSync(dir, { recursive: true });
  }
};

export const linesOf = (caches: readonly StateCache[]): string[][] => caches.map((cache) => [...canonicalLines(cache)]);

/** Keys and values as anybody has them who keeps the last record of each key; read with kcat. */
export const onTopic = async (kafka: Kafka, topic: string): Promise<Map<string, unknown>> => {
  const last = new Map<string, unknown>();
  for (const { key, value } of await readTopic(kafka.inside, topic)) {
    if (value === null) last.delete(key ?? '');
    else last.set(key ?? '', JSON.parse(value));
  }
  return last;
};

/** The lists, in the form in which `onTopic` gives the topic. */
export const channelsOf = (caches: readonly StateCache[]): Map<string, unknown> =>
  new Map(
    caches.flatMap((cache) =>
      [...cache.list()].map((channel): [string, unknown] => [
        `${channel.pbx}/${channel.uniqueid}`,
        JSON.parse(JSON.stringify(channel)),
      ]),
    ),
  );
