import { RollcallError } from '@rollcall/errors';
import kafkajs, { type Cluster, type Kafka, type KafkaConfig } from 'kafkajs';
import './kafkajs-idle.ts';

export type KafkaConnection = {
  /** `host:port` of one or more brokers. */
  brokers: readonly string[];
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
  /** What the brokers call this client in their logs. Default: `rollcall`. */
  clientId?: string;
};

/** kafkajs takes no address of IPv6 but by a name. */
const ADDRESS = /^[^\s:/@[\]]+:(?!0+$)\d{1,5}$/;

/** @throws RollcallError KAFKA_SETTINGS */
export const checkConnection = ({ brokers }: KafkaConnection): void => {
  const wrong = brokers.find((address) => !ADDRESS.test(address) || Number(address.split(':')[1]) > 65_535);
  if (brokers.length > 0 && wrong === undefined) return;
  throw new RollcallError(
    'KAFKA_SETTINGS',
    wrong === undefined ? 'brokers: none is named.' : `brokers: ${JSON.stringify(wrong)} is no address of a broker.`,
    'Name one or more as HOST:PORT.',
  );
};

const CONNECT_MS = 5_000;
const REQUEST_MS = 10_000;

/** Enough to find, among the brokers named, one that answers; what outlasts that is told, and tried again by whoever asked. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 500 };

/** Its own words are not an operator's: what matters of them comes back as errors. */
export const createClient = ({ brokers, ssl, sasl, clientId = 'rollcall' }: KafkaConnection): Kafka =>
  new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: { ...RETRY, retries: brokers.length + 1 },
    logLevel: kafkajs.logLevel.NOTHING,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  });

/**
 * The cluster itself, to fetch from. kafkajs reads through consumer groups only, which need a coordinator and a permission, stay
 * down after some errors, and jump in silence when a place is lost; but it hands its cluster to those who assign
 * partitions. This group is never joined.
 */
export const clusterOf = (client: Kafka): Cluster => {
  let found: Cluster | undefined;
  client.consumer({
    groupId: 'rollcall-never-joined',
    allowAutoTopicCreation: false,
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
