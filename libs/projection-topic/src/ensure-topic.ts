import { RollcallError } from '@rollcall/errors';
import { isOfType, type KafkaConnection } from '@rollcall/kafka';
import type { Admin } from 'kafkajs';
import { clientOf } from './kafka.ts';
import { topicMissing } from './offsets.ts';
import { COMPACTION_SETTINGS, requiredSettings, type TopicNames, type TopicSetting } from './topic.ts';
import { topicSettings } from './topic-settings.ts';

export type TopicWish = {
  brokers: readonly string[];
  topic: string;
  /** Of a new topic; an existing one must have as many where `exactly` is set. */
  partitions: number;
  exactly: boolean;
  /** Copies of each partition of a new topic. Default: 3, or as many as there are brokers. */
  replication?: number;
  deleteRetentionMs?: number;
  /** Make a topic that is not there. */
  create: boolean;
};

/**
 * Makes the topic as it has to be, or makes sure that it is so. Resolves with the number of its partitions.
 * @throws RollcallError TOPIC_MISSING; TOPIC_WRONG, with everything that is wrong and what mends it; what kafkajs throws
 */
export const ensureTopic = async (admin: Admin, wish: TopicWish): Promise<number> => {
  const { brokers, topic, partitions, exactly, create } = wish;
  let found = await copies(admin, topic);
  if (!found && create) {
    await createTopic(admin, wish);
    found = await copies(admin, topic);
  }
  if (!found) throw topicMissing(topic);
  if (exactly && found.length !== partitions) throw wrongPartitions(topic, partitions, found.length);
  const wrong = await wrongSettings(admin, wish, Math.min(...found));
  if (wrong.length > 0) throw wrongTopic(brokers, topic, wrong);
  return found.length;
};

/** Both topics. @throws as `ensureTopic` */
export const ensureTopics = async (
  kafka: KafkaConnection,
  topics: TopicNames,
  wish: Omit<TopicWish, 'brokers' | 'topic' | 'create'>,
): Promise<void> => {
  const admin = clientOf(kafka).admin();
  const both = { ...wish, brokers: kafka.brokers, create: true };
  try {
    await admin.connect();
    await ensureTopic(admin, { ...both, topic: topics.channels });
    await ensureTopic(admin, { ...both, topic: topics.status, partitions: 1, exactly: true });
  } finally {
    await admin.disconnect().catch(() => {});
  }
};

/** By partition, how many copies there are; undefined when there is no such topic. */
const copies = async (admin: Admin, topic: string): Promise<number[] | undefined> => {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.find(({ name }) => name === topic)?.partitions.map(({ replicas }) => replicas.length);
  } catch (error) {
    if (isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined;
    throw error;
  }
};

const createTopic = async (admin: Admin, { topic, partitions, ...wish }: TopicWish): Promise<void> => {
  const replicas = wish.replication ?? Math.min(3, (await admin.describeCluster()).brokers.length);
  const settings = [...requiredSettings(replicas, wish.deleteRetentionMs), ...COMPACTION_SETTINGS];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: settings.map(({ name, value }) => ({ name, value })),
      },
    ],
  });
};

const wrongSettings = async (
  admin: Admin,
  { topic, deleteRetentionMs }: TopicWish,
  replicas: number,
): Promise<[TopicSetting, string][]> => {
  const found = await topicSettings(admin, topic);
  return requiredSettings(replicas, deleteRetentionMs).flatMap((setting) => {
    const value = found.get(setting.name);
    return value === undefined || setting.is(value) ? [] : [[setting, value]];
  });
};

const wrongPartitions = (topic: string, wanted: number, found: number): RollcallError =>
  new RollcallError(
    'TOPIC_WRONG',
    `Topic ${topic} has ${found} partitions, not ${wanted} as the event log has.`,
    `Delete it (kafka-topics.sh --delete --topic ${topic}): Rollcall makes it anew and publishes what is live. Or name another one.`,
  );

const wrongTopic = (brokers: readonly string[], topic: string, wrong: readonly [TopicSetting, string][]) => {
  const list = wrong.map(([{ name, why }, found]) => `${name} is ${found} (${why})`).join('; ');
  const mended = wrong.map(([{ name, value }]) => `${name}=${value}`).join(',');
  return new RollcallError(
    'TOPIC_WRONG',
    `Topic ${topic} cannot hold the live channels: ${list}.`,
    `Mend it: kafka-configs.sh --bootstrap-server ${brokers[0]} --alter --entity-type topics --entity-name ${topic} --add-config ${mended}`,
  );
};
