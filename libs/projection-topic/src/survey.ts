import { RollcallError } from '@rollcall/errors';
import type { KafkaConnection } from '@rollcall/kafka';
import { readHeaders } from './headers.ts';
import type { Held } from './held.ts';
import { partitioning } from './partition.ts';
import { type RawRecord, readPlace } from './read-record.ts';
import { readToEnd } from './read-to-end.ts';
import type { TopicNames } from './topic.ts';
import { digestOf } from './write-record.ts';

/** What the topics say now. */
export type Survey = {
  partitions: number;
  /** By partition of the channel topic that was read: the offset behind its last record. */
  next: Map<number, number>;
  channels: Map<string, Held>;
  /** Digest of the value by key of the status topic. */
  status: Map<string, { log: string; digest: number }>;
  /** Keys of the channel topic whose last record is not of Rollcall. */
  foreign: string[];
};

/**
 * Reads both topics to their ends. What counts is the last record of each key, since that is what compaction leaves.
 * @throws RollcallError TOPIC_WRONG where the topic was given more partitions; TOPIC_MISSING; what kafkajs throws
 */
export const surveyTopics = async (options: {
  kafka: KafkaConnection;
  topics: TopicNames;
  /** Only this partition of the channel topic. */
  partition: number | undefined;
  signal: AbortSignal;
}): Promise<Survey> => {
  const { kafka, topics, partition, signal } = options;
  const places = new Map<string, number>();
  const last = new Map<string, Held | 'foreign'>();
  const { partitions, ends } = await readToEnd({
    kafka,
    topic: topics.channels,
    signal,
    ...(partition === undefined ? {} : { partitions: [partition] }),
    take: ({ partition: of, records }) => {
      for (const record of records) {
        const key = record.key?.toString() ?? '';
        places.set(key, of);
        const held = heldIn(record);
        if (held) last.set(key, held);
        else last.delete(key);
      }
    },
  });
  misplaced(topics.channels, partitions, places, last);

  const status: Survey['status'] = new Map();
  await readToEnd({
    kafka,
    topic: topics.status,
    signal,
    take: ({ records }) => {
      for (const { key, value, headers } of records) {
        const log = readHeaders(headers)?.log;
        if (log === undefined || value === null) status.delete(key?.toString() ?? '');
        else status.set(key?.toString() ?? '', { log, digest: digestOf(value) });
      }
    },
  });

  const channels = new Map<string, Held>();
  const foreign: string[] = [];
  for (const [key, held] of last) {
    if (held === 'foreign') foreign.push(key);
    else channels.set(key, held);
  }
  return { partitions, next: ends, channels, status, foreign };
};

/** Undefined for a tombstone, whoever wrote it. */
const heldIn = (record: RawRecord): Held | 'foreign' | undefined => {
  if (record.value === null) return undefined;
  const place = readPlace(record);
  if ('why' in place) return 'foreign';
  const { log, boot, revision, position } = place.headers;
  return { version: { log, boot, revision, gone: false }, position, digest: digestOf(record.value) };
};

/** With more partitions than it was made with, a key has two of them, and what is over stays in the former for ever. */
const misplaced = (
  topic: string,
  partitions: number,
  places: ReadonlyMap<string, number>,
  last: ReadonlyMap<string, Held | 'foreign'>,
): void => {
  const partitionOf = partitioning(partitions);
  for (const [key, held] of last) {
    if (held === 'foreign' || partitionOf(key) === places.get(key)) continue;
    throw new RollcallError(
      'TOPIC_WRONG',
      `Topic ${topic} was made with fewer partitions than the ${partitions} it has: ${key} is in another one than its key says.`,
      `Delete it (kafka-topics.sh --delete --topic ${topic}): Rollcall makes it anew and publishes what is live; readers follow.`,
    );
  }
};
