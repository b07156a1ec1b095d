import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Kafka, KafkaOptions, KafkaVersion } from '../../../../test/brokers/kafka.ts';
import { findKafka } from '../../../../test/brokers/lab.ts';
import type { TopicNames } from '../topic.ts';

/** Tests against a real Kafka, which runs while they do; where there is none they are skipped, loudly. */
export const describeWithKafka = async (
  promise: string,
  version: KafkaVersion,
  options: KafkaOptions,
  tests: (kafka: () => Kafka) => void,
): Promise<void> => {
  const found = await findKafka(version);
  if (!found.found) {
    console.warn(`SKIPPED: ${found.reason}`);
    test.skip(`${promise}: ${found.reason}`, () => {});
    return;
  }
  describe(`${promise} (Kafka ${version})`, () => {
    let kafka: Kafka | undefined;
    beforeAll(async () => {
      kafka = await found.start(options);
    });
    afterAll(() => kafka?.stop());
    tests(() => {
      if (!kafka) throw new Error('Kafka is not started');
      return kafka;
    });
  });
};

/** Topics of one test's own. */
export const freshTopics = (): TopicNames => {
  const id = randomUUID().slice(0, 8);
  return { channels: `channels-${id}`, status: `status-${id}` };
};
