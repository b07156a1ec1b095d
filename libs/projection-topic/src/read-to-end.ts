import { clusterOf, type KafkaConnection } from '@rollcall/kafka';
import { type Batch, follow, type Places } from './follow.ts';
import { clientOf } from './kafka.ts';
import { offsetsOf, partitionsOf } from './offsets.ts';

export type ReadToEnd = {
  kafka: KafkaConnection;
  topic: string;
  /** Default: all of them. */
  partitions?: readonly number[];
  take: (batch: Batch) => void;
  signal: AbortSignal;
};

/**
 * Reads partitions from their beginning to the end that they have now. Resolves with the number of partitions of the topic and
 * the ends.
 * @throws RollcallError TOPIC_MISSING; what kafkajs throws
 */
export const readToEnd = async (options: ReadToEnd): Promise<{ partitions: number; ends: Map<number, number> }> => {
  const { kafka, topic, take, signal } = options;
  const cluster = clusterOf(clientOf(kafka));
  try {
    await cluster.connect();
    const all = await partitionsOf(cluster, topic);
    const wanted = options.partitions ?? all;
    const ends = await offsetsOf(cluster, topic, wanted, 'next');
    const offsets = await offsetsOf(cluster, topic, wanted, 'oldest');
    const left = new Set(wanted.filter((partition) => (offsets.get(partition) ?? 0) < (ends.get(partition) ?? 0)));
    const places: Places = new Map([[topic, new Map([...offsets].filter(([partition]) => left.has(partition)))]]);
    const done = new AbortController();
    if (left.size > 0) {
      await follow({
        cluster,
        places,
        signal: AbortSignal.any([signal, done.signal]),
        take: (batch) => {
          if (!left.has(batch.partition)) return;
          take(batch);
          if (batch.next < (ends.get(batch.partition) ?? 0)) return;
          left.delete(batch.partition);
          if (left.size === 0) done.abort();
        },
      });
    }
    signal.throwIfAborted();
    return { partitions: all.length, ends };
  } finally {
    await cluster.disconnect().catch(() => {});
  }
};
