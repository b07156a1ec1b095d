import { RollcallError } from '@rollcall/errors';
import type { KafkaConfig } from 'kafkajs';

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

export const isBrokerAddress = (text: string): boolean => ADDRESS.test(text) && Number(text.split(':')[1]) <= 65_535;

/** @throws RollcallError KAFKA_SETTINGS */
export const checkConnection = ({ brokers }: KafkaConnection): void => {
  const wrong = brokers.find((address) => !isBrokerAddress(address));
  if (brokers.length > 0 && wrong === undefined) return;
  throw new RollcallError(
    'KAFKA_SETTINGS',
    wrong === undefined ? 'brokers: none is named.' : `brokers: ${JSON.stringify(wrong)} is no address of a broker.`,
    'Name one or more as HOST:PORT.',
  );
};

/** For messages. */
export const userOf = ({ sasl }: KafkaConnection): string | undefined =>
  sasl && 'username' in sasl ? sasl.username : undefined;
