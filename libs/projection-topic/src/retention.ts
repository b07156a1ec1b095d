import { isOfType, type KafkaConnection } from '@rollcall/kafka';
import { clientOf } from './kafka.ts';
import { LEAST_RETENTION_MS } from './topic.ts';
import { topicSettings } from './topic-settings.ts';

/** A copy is not taken up any more when this little is left of a tombstone's lifetime, in milliseconds. */
const MARGIN_MS = 60_000;

/**
 * For how long, in milliseconds, a copy of the topic can be taken up again before it may have missed that a channel is over. Where
 * this user may not see the topic's settings, the least that Rollcall publishes to.
 * @throws what kafkajs throws
 */
export const tombstoneLifetime = async (kafka: KafkaConnection, topic: string): Promise<number> => {
  const admin = clientOf(kafka).admin();
  try {
    await admin.connect();
    const told = Number((await topicSettings(admin, topic)).get('delete.retention.ms'));
    return Math.max(0, (Number.isFinite(told) ? told : LEAST_RETENTION_MS) - MARGIN_MS);
  } catch (error) {
    if (isOfType(error, 'TOPIC_AUTHORIZATION_FAILED')) return LEAST_RETENTION_MS - MARGIN_MS;
    throw error;
  } finally {
    await admin.disconnect().catch(() => {});
  }
};
