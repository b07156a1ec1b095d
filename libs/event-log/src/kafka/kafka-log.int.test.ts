import { eventLogContract } from '../../../../test/contract/event-log.contract.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

for (const version of ['3.9', '4'] as const) {
  await withKafka(version, {}, (kafka) => {
    const { openOne, reopenOne, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
    eventLogContract(`kafka ${version}, one partition`, { open: () => openOne(), reopen: reopenOne, cleanup });
  });
}
