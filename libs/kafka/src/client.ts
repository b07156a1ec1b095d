import kafkajs, { type Cluster, type Kafka, type RetryOptions } from 'kafkajs';
import type { KafkaConnection } from './connection.ts';
import './kafkajs-half-connected.ts';
import './kafkajs-idle.ts';

const CONNECT_MS = 5_000;
/** Longer than a broker waits for the replicas. */
const REQUEST_MS = 10_000;

/**
 * `retry` is how often kafkajs tries again by itself; what outlasts that is told, and tried again by whoever asked. Its own words are not
 * an operator's: what matters of them comes back as errors.
 */
export const createClient = (connection: KafkaConnection, retry: RetryOptions): Kafka => {
  const { brokers, ssl, sasl, clientId = 'rollcall' } = connection;
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry,
    logLevel: kafkajs.logLevel.NOTHING,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  });
};

/**
 * The cluster itself, to fetch from. kafkajs reads through consumer groups only, which need a coordinator, a permission and three
 * seconds to form, stay down after some errors, and jump to the end in silence when a place is lost; but it hands its cluster
 * to those who assign partitions. This group is never joined.
 */
export const clusterOf = (client: Kafka): Cluster => {
  let found: Cluster | undefined;
  client.consumer({
    groupId: 'rollcall-never-joined',
    allowAutoTopicCreation: false,
    // Whoever reads a partition to its end means all that is in it; another's open transaction does not end it earlier.
    readUncommitted: true,
    partitionAssigners: [
      ({ cluster }) => {
        found = cluster;
        const nobody = { name: 'nobody', metadata: Buffer.alloc(0) };
        return { name: nobody.name, version: 0, assign: async () => [], protocol: () => nobody };
      },
    ],
  });
  if (!found) throw new Error('kafkajs does not hand out its cluster');
  return found;
};
