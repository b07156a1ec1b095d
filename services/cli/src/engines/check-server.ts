import type { World } from '@rollcall/clock';
import { isRollcallError, type RollcallError } from '@rollcall/errors';
import type { KafkaConnection } from '@rollcall/kafka';
import pino from 'pino';
import { type DoctorFinding, found } from '../operations/examine.ts';
import type { Engines } from '../settings/engines.ts';
import { openEventStore } from './open-list.ts';

/** Whether the servers that the settings name can be reached, and hold what they should. */
export const checkServers = async ({ log, publish }: Engines, world: World): Promise<DoctorFinding[]> => {
  const findings: DoctorFinding[] = [];
  if (log.is === 'kafka') findings.push(await checkTopic('log', log.connection, 'rollcall.events'));
  if (log.is === 'eventstore') {
    findings.push(
      await told('log', 'The event log can be read.', async () => {
        const opened = await openEventStore(log, { world, mode: 'read', logger: pino({ level: 'silent' }) });
        await opened.head().finally(opened.close);
      }),
    );
  }
  if (publish) findings.push(await checkTopic('topic', publish, 'rollcall.channels'));
  return findings;
};

const checkTopic = (of: string, kafka: KafkaConnection, topic: string): Promise<DoctorFinding> =>
  told(of, `Kafka can be reached, and has topic ${topic}.`, async () => {
    const [{ createClient }, { explain }] = await Promise.all([
      import('@rollcall/kafka'),
      import('@rollcall/projection-topic'),
    ]);
    const admin = createClient(kafka, { retries: 1 }).admin();
    try {
      await admin.connect();
      await admin.fetchTopicMetadata({ topics: [topic] });
    } catch (error) {
      throw explain(error, { brokers: kafka.brokers, topic });
    } finally {
      await admin.disconnect().catch(() => {});
    }
  });

const told = async (of: string, well: string, look: () => Promise<void>): Promise<DoctorFinding> => {
  try {
    await look();
    return found(of, 'server', true, well, '');
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    const { code, message, advice }: RollcallError = error;
    return found(of, 'server', false, `${code}: ${message}`, advice);
  }
};
