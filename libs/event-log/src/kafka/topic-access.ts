import { type Cluster, type Message, Partitioners, type Producer } from 'kafkajs';
import { clusterOf, createClient, type KafkaConnection } from './client.ts';
import { kafkaError } from './kafka-errors.ts';
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
};

/**
 * Connects, and makes the topic or checks it. In order and without loss: one batch at a time is the caller's part, and kafkajs's
 * idempotent producer is not used, since it drops what it has acknowledged when a broker is slow.
 */
export const openTopicAccess = async (options: TopicAccessOptions): Promise<TopicAccess> => {
  const { topic, mode } = options;
  const kafka = createClient(options);
  const admin = kafka.admin();
  const cluster = clusterOf(kafka);
  const producer: Producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    idempotent: false,
  });
  const close = async (): Promise<void> => {
    // A broker may hold back the answer to a fetch; nobody waits for it any more.
    cluster.disconnect().catch(() => {});
    await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
  };
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw kafkaError(error, options);
    }
  };
  const open = async (): Promise<void> => {
    await admin.connect();
    await ensureTopic(admin, { ...options, create: mode === 'write' });
    await admin.disconnect();
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    if (mode === 'write') await producer.connect();
  };
  try {
    await told(open());
  } catch (error) {
    await close();
    throw error;
  }

  const produceTo = async (partition: number, messages: readonly Message[]): Promise<number> => {
    const placed = messages.map((message) => ({ ...message, partition }));
    const [written] = await producer.send({ topic, acks: -1, messages: placed });
    if (written?.baseOffset === undefined) throw new Error('the broker did not say where the records stand');
    return Number(written.baseOffset) + messages.length;
  };
  const endsOf = async (wanted: readonly number[]): Promise<Map<number, number>> => {
    const asked = wanted.map((partition) => ({ partition }));
    const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: asked, fromBeginning: false }]);
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  };
  return {
    cluster,
    produce: (partition, messages) => told(produceTo(partition, messages)),
    ends: (wanted) => told(endsOf(wanted)),
    close,
  };
};
