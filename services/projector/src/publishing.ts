import type { World } from '@rollcall/clock';
import type { KafkaConnection } from '@rollcall/kafka';
import type { Publisher } from '@rollcall/projection-topic';
import type { CacheReader, Changes } from '@rollcall/state-cache';
import type { Logger } from 'pino';

export type PublishingOptions = {
  kafka: KafkaConnection;
  /** The log's identity. */
  log: string;
  cache: CacheReader;
  onCommit: (listener: (changes: Changes) => void) => () => void;
  world: World;
  logger: Logger;
};

/**
 * Keeps the projection topic of Kafka at what the list says, from now on. Kafka's client is read only where it is wanted. While
 * Kafka is away everything else goes on, and the topic is brought up when it is back.
 * @throws RollcallError KAFKA_SETTINGS
 */
export const startPublishing = async ({ onCommit, logger, ...options }: PublishingOptions): Promise<Publisher> => {
  const { createPublisher } = await import('@rollcall/projection-topic');
  const publisher = createPublisher({
    ...options,
    onProblem: (problem) => {
      if (problem) logger.warn(`The topic is not published just now: ${problem.line}`);
      else logger.info('The topic is published.');
    },
  });
  const silence = onCommit((changes) => {
    // It is said by onProblem when it cannot be, and made up for later.
    publisher.publish(changes).catch(() => {});
  });
  return {
    ...publisher,
    close: () => {
      silence();
      return publisher.close();
    },
  };
};
