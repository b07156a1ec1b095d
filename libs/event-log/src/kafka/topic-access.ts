import type { World } from '@rollcall/clock';
import { clusterOf, type KafkaConnection, userOf } from '@rollcall/kafka';
import type { Cluster, Message } from 'kafkajs';
import { clientOf } from './client.ts';
import { kafkaError } from './kafka-errors.ts';
import { atLeader, insisting } from './leader.ts';
import { ensureTopic } from './topic.ts';

export type TopicAccess = {
  cluster: Cluster;
  /** Writes one batch; resolves with the offset behind its last record once all replicas in step have it. */
  produce(partition: number, messages: readonly Message[]): Promise<number>;
  /** The offset behind the last record of each partition, as of now. */
  ends(partitions: readonly number[]): Promise<Map<number, number>>;
  close(): Promise<void>;
};

export type TopicAccessOptions = KafkaConnection & {
  topic: string;
  partitions: number;
  replication?: number;
  mode: 'write' | 'read';
  world: World;
};

/** How long a broker may wait for the replicas, in milliseconds. */
const REPLICAS_MS = 8_000;
/** How long one append is tried again before it fails, in milliseconds. */
const PATIENCE_MS = 15_000;

type Produced = { topics: { partitions: { baseOffset: string }[] }[] };

/**
 * Connects, and makes the topic or checks it. One batch at a time in a partition is the caller's part. Not with kafkajs's
 * producers: the idempotent one loses what it has acknowledged, and any goes on asking a broker that answers no more.
 */
export const openTopicAccess = async (options: TopicAccessOptions): Promise<TopicAccess> => {
  const { topic, mode, world } = options;
  const kafka = clientOf(options);
  const admin = kafka.admin();
  const cluster = clusterOf(kafka);
  const close = async (): Promise<void> => {
    // A broker may hold back the answer to a fetch; nobody waits for it any more.
    cluster.disconnect().catch(() => {});
    await admin.disconnect().catch(() => {});
  };
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw kafkaError(error, { ...options, user: userOf(options) });
    }
  };
  const open = async (): Promise<void> => {
    await admin.connect();
    await cluster.connect();
    await insisting(cluster, world, PATIENCE_MS, async () => {
      await ensureTopic(admin, { ...options, create: mode === 'write' });
      await cluster.addTargetTopic(topic);
    });
    await admin.disconnect();
  };
  try {
    await told(open());
  } catch (error) {
    await close();
    throw error;
  }

  const produce = async (partition: number, messages: readonly Message[]): Promise<number> => {
    const topicData = [{ topic, partitions: [{ partition, messages: [...messages] }] }];
    const produced = await atLeader(cluster, topic, partition, (broker): Promise<Produced> => {
      return broker.produce({ acks: -1, timeout: REPLICAS_MS, topicData });
    });
    const offset = produced.topics[0]?.partitions[0]?.baseOffset;
    if (offset === undefined) throw new Error('the broker did not say where the records stand');
    return Number(offset) + messages.length;
  };
  const ends = async (wanted: readonly number[]): Promise<Map<number, number>> => {
    const partitions = wanted.map((partition) => ({ partition }));
    const [found] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]);
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  };
  const insistently = <T>(work: () => Promise<T>): Promise<T> => told(insisting(cluster, world, PATIENCE_MS, work));
  return {
    cluster,
    produce: (partition, messages) => insistently(() => produce(partition, messages)),
    ends: (wanted) => insistently(() => ends(wanted)),
    close,
  };
};
