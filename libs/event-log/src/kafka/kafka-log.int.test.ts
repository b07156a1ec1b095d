import { afterAll, beforeAll, describe, test } from 'vitest';
import { findKafka, type Kafka, type KafkaVersion } from '../../../../test/brokers/lab.ts';
import { eventLogContract } from '../../../../test/contract/event-log.contract.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';

const versions: readonly KafkaVersion[] = ['3.9', '4'];

for (const version of versions) {
  const found = await findKafka(version);
  if (!found.found) {
    console.warn(`SKIPPED: ${found.reason}`);
    test.skip(`Kafka ${version}: ${found.reason}`, () => undefined);
    continue;
  }
  describe(`Kafka ${version} (${found.where})`, () => {
    let kafka: Kafka | undefined;
    beforeAll(async () => {
      kafka = await found.start();
    });
    afterAll(() => kafka?.stop());
    const { openOne, reopenOne, cleanup } = kafkaLogsUnderTest(() => kafka?.bootstrap ?? []);
    eventLogContract(`kafka ${version}, one partition`, { open: () => openOne(), reopen: reopenOne, cleanup });
  });
}
