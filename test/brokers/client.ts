// What the tests of this folder write with: kafkajs, the client that the product uses too. What came of it, the judge says.
import { randomUUID } from 'node:crypto';
// What the product mends of kafkajs: without it a client may wait for ever for a broker that hung while it was connected to.
import '@rollcall/kafka';
import kafkajs, {
  type Admin,
  type ITopicConfig,
  type KafkaConfig,
  Kafka as Kafkajs,
  logLevel,
  type Message,
} from 'kafkajs';
import { vi } from 'vitest';
import { partitionsOf } from './judge.ts';
import type { Kafka } from './kafka.ts';

/** For `vi.waitFor`: long enough for a busy machine. */
export const patience = { timeout: 30_000, interval: 200 };

// Node sees only the first few names of this CommonJS package.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** A kafkajs that logs nothing and gives up late enough for a partition to find another leader, unless told otherwise. */
export function clientOf(kafka: Kafka, config: Partial<KafkaConfig> = {}): Kafkajs {
  return new Kafkajs({
    brokers: [...kafka.bootstrap],
    logLevel: logLevel.NOTHING,
    requestTimeout: 5_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 30 },
    ...config,
  });
}

/** Creates a topic under a name of its own and returns that name once every broker knows it. */
export async function createTopic(
  kafka: Kafka,
  client: Kafkajs,
  options: Omit<ITopicConfig, 'topic'> = {},
): Promise<string> {
  const topic = `lab-${randomUUID()}`;
  await administer(client, (admin) => admin.createTopics({ topics: [{ topic, ...options }], waitForLeaders: false }));
  for (const address of kafka.inside) {
    await vi.waitFor(async () => {
      const leaders = (await partitionsOf([address], topic)).map(({ leader }) => leader);
      if (leaders.includes(-1)) throw new Error(`${address} does not know a leader of ${topic}`);
    }, patience);
  }
  return topic;
}

export async function allowWrite(client: Kafkajs, username: string, topic: string): Promise<void> {
  const acl = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${username}`,
    host: '*',
    operation: AclOperationTypes.WRITE,
    permissionType: AclPermissionTypes.ALLOW,
  };
  await administer(client, (admin) => admin.createAcls({ acl: [acl] }));
}

async function administer(client: Kafkajs, work: (admin: Admin) => Promise<boolean>): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Sends the messages in one request and resolves when all in-sync replicas have them. */
export async function write(client: Kafkajs, topic: string, messages: Message[]): Promise<void> {
  const producer = client.producer();
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages });
  } finally {
    await producer.disconnect();
  }
}
