import { afterAll, beforeAll, describe, test } from 'vitest';
import { findKafka, type Kafka, type KafkaOptions, type KafkaVersion } from '../../../../../test/brokers/lab.ts';

/** Tests against a real Kafka, started for them; skipped with the reason where there is none. */
export const withKafka = async (
  version: KafkaVersion,
  options: KafkaOptions,
  tests: (kafka: () => Kafka) => void,
): Promise<void> => {
  const found = await findKafka(version);
  if (!found.found) {
    console.warn(`SKIPPED: ${found.reason}`);
    test.skip(`Kafka ${version}: ${found.reason}`, () => undefined);
    return;
  }
  describe(`Kafka ${version} (${found.where})`, () => {
    let kafka: Kafka | undefined;
    beforeAll(async () => {
      kafka = await found.start(options);
    });
    afterAll(() => kafka?.stop());
    tests(() => {
      if (!kafka) throw new Error('not started');
      return kafka;
    });
  });
};
