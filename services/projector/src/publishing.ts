import type { World } from '@rollcall/clock';
import type { Publisher } from '@rollcall/projection-topic';
import type { Logger } from 'pino';
import type { DataDir } from './data-dir.ts';
import type { Projection } from './projection.ts';

/**
 * Keeps the projection topic of Kafka at what the list says, from now on. Kafka's client is read only where it is wanted. While
 * Kafka is away everything else goes on, and the topic is brought up when it is back.
 * @throws RollcallError KAFKA_SETTINGS
 */
export const startPublishing = async (options: {
  brokers: readonly string[];
  dir: DataDir;
  projection: Projection;
  world: World;
  logger: Logger;
}): Promise<Publisher> => {
  const { brokers, dir, projection, world, logger } = options;
  const { createPublisher } = await import('@rollcall/projection-topic');
  const publisher = createPublisher({
    kafka: { brokers },
    log: dir.log.id,
    cache: dir.cache,
    world,
    onProblem: (problem) => {
      if (problem) logger.warn(`The topic is not published just now: ${problem.line}`);
      else logger.info('The topic is published.');
    },
  });
  projection.onCommit((changes) => {
    // It is said by onProblem when it cannot be, and made up for later.
    publisher.publish(changes).catch(() => {});
  });
  return publisher;
};
