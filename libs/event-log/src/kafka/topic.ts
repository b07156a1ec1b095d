import { RollcallError } from '@rollcall/errors';
import { isOfType } from '@rollcall/kafka';
import kafkajs, { type Admin, type PartitionMetadata } from 'kafkajs';
import { type TopicSetting, topicSettings } from './topic-settings.ts';

export type TopicOptions = {
  brokers: readonly string[];
  topic: string;
  partitions: number;
  /** Copies of each partition. Default: 3, or as many as there are brokers. */
  replication?: number;
  /** Make a topic that is not there. */
  create: boolean;
};

const partitionsOf = async (admin: Admin, topic: string): Promise<PartitionMetadata[]> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics.find(({ name }) => name === topic)?.partitions ?? [];
};

const isThere = async (admin: Admin, topic: string): Promise<boolean> => {
  try {
    await partitionsOf(admin, topic);
    return true;
  } catch (error) {
    if (isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return false;
    throw error;
  }
};

const createTopic = async (admin: Admin, { topic, partitions, replication }: TopicOptions): Promise<void> => {
  const brokers = (await admin.describeCluster()).brokers.length;
  const replicas = replication ?? Math.min(3, brokers);
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: topicSettings(replicas).map(({ name, value }) => ({ name, value })),
      },
    ],
  });
};

const wrongSettings = async (admin: Admin, topic: string, replicas: number): Promise<[TopicSetting, string][]> => {
  const wanted = topicSettings(replicas);
  const resource = {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: topic,
    configNames: wanted.map(({ name }) => name),
  };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  const found = new Map(
    resources
      .flatMap(({ configEntries }) => configEntries)
      .map(({ configName, configValue }) => [configName, configValue]),
  );
  return wanted.flatMap((setting) => {
    const value = found.get(setting.name);
    // A setting that a broker does not have, it does not violate.
    return value === undefined || setting.is(value) ? [] : [[setting, value]];
  });
};

/**
 * Makes the topic as the log needs it, or makes sure that it is so. Right after it was made, a broker may not know of it yet:
 * that passes when it is tried again.
 * @throws RollcallError LOG_MISSING; LOG_TOPIC_WRONG with everything that is wrong and what mends it; what kafkajs throws
 */
export const ensureTopic = async (admin: Admin, options: TopicOptions): Promise<void> => {
  const { brokers, topic, partitions, replication } = options;
  if (!(await isThere(admin, topic))) {
    if (!options.create) throw missing(topic);
    await createTopic(admin, options);
  }
  const found = await partitionsOf(admin, topic);
  if (found.length !== partitions) throw wrongPartitions(topic, partitions, found.length);
  const replicas = Math.min(...found.map((partition) => partition.replicas.length));
  if (replication !== undefined && replicas < replication) throw wrongReplication(topic, replication, replicas);
  const wrong = await wrongSettings(admin, topic, replicas);
  if (wrong.length > 0) throw wrongTopic(brokers, topic, wrong);
};

/** No topic, or none that a log was begun in. */
export const missing = (topic: string): RollcallError =>
  new RollcallError(
    'LOG_MISSING',
    `There is no event log in topic ${topic}.`,
    'Check the name of the topic in the settings, or start the Rollcall that writes it first.',
  );

export const wrongPartitions = (topic: string, wanted: number, found: number): RollcallError =>
  new RollcallError(
    'LOG_TOPIC_WRONG',
    `Topic ${topic} has ${found} partitions, not ${wanted}.`,
    `Set partitions to ${found}, if the log was made with so many; they cannot be changed later, since each channel's place among them would change. Or name a new topic.`,
  );

const wrongReplication = (topic: string, wanted: number, found: number): RollcallError =>
  new RollcallError(
    'LOG_TOPIC_WRONG',
    `Topic ${topic} keeps ${found} copies of a partition, not ${wanted}.`,
    'Give it more with kafka-reassign-partitions.sh, or set replication to what it has.',
  );

const wrongTopic = (brokers: readonly string[], topic: string, wrong: readonly [TopicSetting, string][]) => {
  const list = wrong.map(([{ name, why }, found]) => `${name} is ${found} (${why})`).join('; ');
  const mended = wrong.map(([{ name, value }]) => `${name}=${value}`).join(',');
  return new RollcallError(
    'LOG_TOPIC_WRONG',
    `Topic ${topic} cannot hold the event log: ${list}.`,
    `Mend it: kafka-configs.sh --bootstrap-server ${brokers[0]} --alter --entity-type topics --entity-name ${topic} --add-config ${mended}`,
  );
};
