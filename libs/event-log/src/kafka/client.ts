import { type Cluster, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import './kafkajs-idle.ts';

export type KafkaConnection = {
  /** `host:port` of one or more brokers. */
  brokers: readonly string[];
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
  /** What the brokers call this client in their logs. */
  clientId?: string;
};

const CONNECT_MS = 5_000;
/** Longer than a broker waits for the replicas. */
const REQUEST_MS = 10_000;

/** kafkajs tries again for about three seconds; what outlasts that is told, and tried again by whoever asked. */
const RETRY = { retries: 4, initialRetryTime: 100, maxRetryTime: 1_500 };

/** Its own words are not an operator's: what matters of them comes back as errors. */
export const createClient = ({ brokers, ssl, sasl, clientId = 'rollcall' }: KafkaConnection): Kafka =>
  new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: RETRY,
    logLevel: logLevel.NOTHING,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  });

/** For messages. */
export const userOf = ({ sasl }: KafkaConnection): string | undefined =>
  sasl && 'username' in sasl ? sasl.username : undefined;

/**
 * The cluster itself, to fetch from. kafkajs reads through consumer groups only, which need a coordinator, a permission and three
 * seconds to form, and which jump to the end in silence when a place is lost; but it hands its cluster to those who
 * assign partitions. This group is never joined.
 */
export const clusterOf = (kafka: Kafka): Cluster => {
  let found: Cluster | undefined;
  kafka.consumer({
    groupId: 'rollcall-never-joined',
    allowAutoTopicCreation: false,
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
