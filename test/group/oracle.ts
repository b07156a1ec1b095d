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

/**
 * What the log says, partition by partition, read anew from its first record. `counted`: ids of the channels' events by stream;
 * `absorbed`: records on the topic that count for nobody, since the same was appended before.
 */
export const foldLog = async (
  kafka: Kafka,
  topic: string,
  partitions: number,
): Promise<{ folded: StateCache[]; counted: Map<string, string[]>; absorbed: number }> => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-oracle-'));
  try {
    const folded: StateCache[] = [];
    const counted = new Map<string, string[]>();
    let events = 0;
    for (let partition = 0; partition < partitions; partition++) {
      const at = { brokers: kafka.bootstrap, topic, dir, partition, partitions };
      const log = await openKafkaPartition({ ...at, world: systemWorld });
      folded.push(await replay(log));
      for await (const batch of log.readAll(START)) {
        events += batch.length;
        // That of a PBX stands in every partition.
        const ofChannels = batch.filter(({ stream }) => !stream.startsWith('pbx/'));
        for (const { stream, id } of ofChannels) counted.set(stream, [...(counted.get(stream) ?? []), id]);
      }
      await log.close();
    }
    const records = await readTopic(kafka.inside, topic);
    // Each partition begins with a record that names the log.
    return { folded, counted, absorbed: records.length - partitions - events };
  } finally {
    rmSync(dir, { recursive: true });
  }
};

export const linesOf = (caches: readonly StateCache[]): string[][] => caches.map((cache) => [...canonicalLines(cache)]);

/**
 * Keys and values as anybody has them who keeps the last record of each key; read with kcat. `twice`: records that say no more than the
 * one before them.
 */
export const readOnTopic = async (
  kafka: Kafka,
  topic: string,
): Promise<{ topic: Map<string, unknown>; twice: number }> => {
  const last = new Map<string, unknown>();
  const said = new Map<string, string | null>();
  let twice = 0;
  for (const { key, value } of await readTopic(kafka.inside, topic)) {
    if (said.get(key ?? '') === value) twice++;
    said.set(key ?? '', value);
    if (value === null) last.delete(key ?? '');
    else last.set(key ?? '', JSON.parse(value));
  }
  return { topic: last, twice };
};

export const onTopic = async (kafka: Kafka, topic: string): Promise<Map<string, unknown>> =>
  (await readOnTopic(kafka, topic)).topic;

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
