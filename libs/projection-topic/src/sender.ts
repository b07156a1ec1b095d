import type { KafkaConnection } from '@rollcall/kafka';
import kafkajs, { type Message, type Producer } from 'kafkajs';
import { clientOf } from './kafka.ts';

export type ToSend = { topic: string; messages: Message[] };

/** By partition: the offset of the first record that was sent to it. */
export type Acknowledged = Map<number, number>;

/**
 * Sends one batch at a time, and once: kafkajs's own trying again would lose what it acknowledges (it leaves out the brokers that
 * have answered already, also for a partition that has moved to one of them meanwhile), and its idempotent producer gives
 * a sequence number twice. After a failure the connection is dropped, so that nothing unanswered is left on it.
 */
export const createSender = (connection: KafkaConnection) => {
  let producer: Producer | undefined;

  const connected = async (): Promise<Producer> => {
    if (producer) return producer;
    const fresh = clientOf(connection).producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      idempotent: false,
      retry: { retries: 0 },
    });
    await fresh.connect();
    producer = fresh;
    return fresh;
  };

  const drop = async (): Promise<void> => {
    const dropped = producer;
    producer = undefined;
    await dropped?.disconnect().catch(() => {}); // What is broken already need not end well.
  };

  return {
    /** Resolves once every replica in step has them. @throws what kafkajs throws; then some may be written, or all, or none */
    send: async ({ topic, messages }: ToSend): Promise<Acknowledged> => {
      try {
        const answers = await (await connected()).send({
          topic,
          messages,
          acks: -1,
          compression: kafkajs.CompressionTypes.GZIP,
        });
        return new Map(answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
      } catch (error) {
        void drop();
        throw error;
      }
    },
    drop,
  };
};

export type Sender = ReturnType<typeof createSender>;
