import kafkajs, { type Admin, Kafka as Client, type ITopicConfig, type Message } from 'kafkajs';
import type { Kafka } from '../../../../test/brokers/kafka.ts';

const clientOf = (kafka: Kafka): Client =>
  new Client({
    brokers: [...kafka.inside],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 20, maxRetryTime: 500 },
  });

/** As an operator, or anybody, does it past Rollcall. */
export const administer = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = clientOf(kafka).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

export const createTopic = (kafka: Kafka, topic: string, settings: Record<string, string>, partitions = 1) => {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const config: ITopicConfig = { topic, numPartitions: partitions, configEntries };
  return administer(kafka, (admin) => admin.createTopics({ topics: [config], waitForLeaders: true }));
};

/** These settings and no others of the topic's own. */
export const setTopic = (kafka: Kafka, topic: string, settings: Record<string, string>) => {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }];
  return administer(kafka, (admin) => admin.alterConfigs({ validateOnly: false, resources }));
};

export const write = async (kafka: Kafka, topic: string, messages: Message[]): Promise<void> => {
  const producer = clientOf(kafka).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
};
