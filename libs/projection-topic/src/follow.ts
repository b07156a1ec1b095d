import type { Broker, Cluster, IHeaders } from 'kafkajs';
import type { RawRecord } from './read-record.ts';

/** By topic and partition: the offset to read next. Reading moves it on. */
export type Places = Map<string, Map<number, number>>;

/** What was read of one partition. `end`: the offset that its next record will have, as of this answer. */
export type Batch = { topic: string; partition: number; records: RawRecord[]; next: number; end: number };

/** How long a broker holds an answer back while there is nothing new, in milliseconds. */
const LONG_POLL_MS = 500;
const PARTITION_BYTES = 256 * 1024;
const FETCH_BYTES = 8 * 1024 * 1024;

/** Read what is not yet committed too: whoever copies a topic in transactions repeats what it has to take back. */
const READ_UNCOMMITTED = 0;

type Fetched = {
  responses: { topicName: string; partitions: FetchedPartition[] }[];
};
type FetchedPartition = { partition: number; highWatermark: string; messages: FetchedMessage[] };
type FetchedMessage = {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers?: IHeaders;
  isControlRecord?: boolean;
  /** Absent in the format before Kafka 0.11. */
  batchContext?: { firstOffset: string; lastOffsetDelta: number };
};

/**
 * Reads partitions from their places on, by one request at each leader, again at once, until `signal` aborts. `take` is called
 * before the place moves on.
 * @throws what kafkajs throws, at the first thing that goes wrong; the places stay where they are
 */
export const follow = async (options: {
  cluster: Cluster;
  places: Places;
  take: (batch: Batch) => void;
  signal: AbortSignal;
}): Promise<void> => {
  const { cluster, places, take, signal } = options;
  const round = new AbortController();
  const ends = AbortSignal.any([round.signal, signal]);
  const leaders = [...byLeader(cluster, places)].map(async ([nodeId, topics]) => {
    const broker = await cluster.findBroker({ nodeId });
    while (!ends.aborted) {
      const batches = await fetchOnce(broker, topics, places);
      if (ends.aborted) return;
      for (const batch of batches) {
        take(batch);
        places.get(batch.topic)?.set(batch.partition, batch.next);
      }
    }
  });
  try {
    await Promise.all(leaders);
  } finally {
    round.abort();
    await Promise.allSettled(leaders);
  }
};

const byLeader = (cluster: Cluster, places: Places): Map<string, Map<string, number[]>> => {
  const found = new Map<string, Map<string, number[]>>();
  for (const [topic, offsets] of places) {
    const leaders = cluster.findLeaderForPartitions(topic, [...offsets.keys()]);
    for (const [nodeId, partitions] of Object.entries(leaders)) {
      const topics = found.get(nodeId) ?? new Map<string, number[]>();
      found.set(nodeId, topics.set(topic, partitions));
    }
  }
  return found;
};

const fetchOnce = async (
  broker: Broker,
  topics: ReadonlyMap<string, readonly number[]>,
  places: Places,
): Promise<Batch[]> => {
  const offsetOf = (topic: string, partition: number): number => places.get(topic)?.get(partition) ?? 0;
  const wanted = [...topics].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map((partition) => {
      return { partition, fetchOffset: String(offsetOf(topic, partition)), maxBytes: PARTITION_BYTES };
    }),
  }));
  const limits = { minBytes: 1, maxBytes: FETCH_BYTES, maxWaitTime: LONG_POLL_MS, isolationLevel: READ_UNCOMMITTED };
  const { responses }: Fetched = await broker.fetch({ ...limits, topics: wanted });
  const parts = responses.flatMap(({ topicName, partitions }) =>
    partitions.map((part) => ({ topic: topicName, part })),
  );
  // An answer may leave one partition out for another's sake. Only when it brings nothing at all is there nothing up to the end.
  const nothing = parts.every(({ part }) => part.messages.length === 0);
  return parts.map(({ topic, part }) => batchOf(topic, part, offsetOf(topic, part.partition), nothing));
};

const batchOf = (topic: string, fetched: FetchedPartition, from: number, nothing: boolean): Batch => {
  const { partition, messages, highWatermark } = fetched;
  const end = Number(highWatermark);
  const records = messages
    .filter(({ offset, isControlRecord }) => Number(offset) >= from && !isControlRecord)
    .map(({ offset, timestamp, key, value, headers = {} }) => {
      return { offset: Number(offset), timestamp: Number(timestamp), key, value, headers };
    });
  const next = messages.reduce((furthest, message) => Math.max(furthest, after(message)), nothing ? end : from);
  return { topic, partition, records, next: Math.max(from, next), end };
};

/** Compaction may have taken the last records of a batch: the batch still says where it ended. */
const after = ({ offset, batchContext }: FetchedMessage): number =>
  batchContext ? Number(batchContext.firstOffset) + batchContext.lastOffsetDelta + 1 : Number(offset) + 1;
