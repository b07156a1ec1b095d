import { RollcallError } from '@rollcall/errors';
import { brokerOf, chainOf, field, loginRefusal, tlsFailure, wasClosed, whyUnreachable } from '@rollcall/kafka';

/** The partition whose record is not there any more, or not yet. */
export const isOffsetOutOfRange = (error: unknown): number | undefined => {
  for (const one of chainOf(error)) {
    if (one.name === 'KafkaJSOffsetOutOfRange' && 'partition' in one) return Number(one.partition);
  }
  return undefined;
};

const RETRIED_OUT = /^KafkaJS(NumberOfRetriesExceeded|NonRetriableError)$/;

/** What may be over when it is tried again: a connection, a leader, a replica that is missing. */
export const canPass = (error: unknown): boolean => {
  const [cause] = chainOf(error).filter(({ name }) => !RETRIED_OUT.test(name));
  if (!cause?.name.startsWith('KafkaJS')) return false;
  return !('retriable' in cause) || cause.retriable !== false;
};

/** The broker that closed the connection or did not answer in time. */
export const deadBroker = (error: unknown): { host: string; port: number } | undefined => {
  const dead = chainOf(error).find(({ name }) => /^KafkaJS(ConnectionClosed|RequestTimeout)Error$/.test(name));
  const [, host, port] = /^(.*):(\d+)$/.exec(dead ? field(dead, 'broker') : '') ?? [];
  return host && port ? { host, port: Number(port) } : undefined;
};

export type At = {
  /** For messages: the brokers of the settings. */
  brokers: readonly string[];
  topic: string;
  /** The name of the settings' login. */
  user?: string | undefined;
};

type Told = { code: string; what: string; advice: string };

const loginRefused = (errors: readonly Error[]): Told | undefined => {
  const refused = loginRefusal(errors);
  if (!refused) return undefined;
  return {
    code: 'LOG_LOGIN_REFUSED',
    what: `refused the login: ${refused.message}`,
    advice: 'Check the user, the password and the SASL mechanism in the settings against those of the broker.',
  };
};

const tlsFailed = (errors: readonly Error[]): Told | undefined => {
  const failed = tlsFailure(errors);
  if (!failed) return undefined;
  return {
    code: 'LOG_TLS',
    what: `could not be spoken to over TLS: ${failed.message}`,
    advice:
      "Name the authority (ssl.ca) that signed the broker's certificate, use the host name that stands in it, and a port of the broker that speaks TLS.",
  };
};

const ACL = /^(TOPIC|CLUSTER|GROUP|TRANSACTIONAL_ID)_AUTHORIZATION_FAILED$/;

const byType = (errors: readonly Error[], { brokers, topic, user }: At): Told | undefined => {
  const types = errors.map((one) => field(one, 'type'));
  const has = (pattern: RegExp): boolean => types.some((type) => pattern.test(type));
  if (has(ACL)) {
    return {
      code: 'LOG_NOT_ALLOWED',
      what: `does not allow ${user ?? 'this client'} what Rollcall needs on topic ${topic}`,
      advice: `Allow it (Create only where the topic is not there yet; whoever only reads needs no Write): kafka-acls.sh --bootstrap-server ${brokers[0]} --add --allow-principal User:${user ?? 'NAME'} --topic ${topic} --operation Create --operation Describe --operation DescribeConfigs --operation Read --operation Write`,
    };
  }
  if (has(/^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)$/)) {
    return {
      code: 'APPEND_TOO_LARGE',
      what: `takes no batch of that size for topic ${topic}`,
      advice: 'Raise max.message.bytes of the topic.',
    };
  }
  if (has(/^KAFKA_STORAGE_ERROR$/)) {
    return {
      code: 'LOG_FULL',
      what: `cannot write topic ${topic}: the disk of a broker is full or broken`,
      advice:
        'Make room on it, or mend it, and start the broker again if it has ended; appending goes on by itself as soon as it can.',
    };
  }
  if (has(/^NOT_ENOUGH_REPLICAS/)) {
    return {
      code: 'LOG_UNAVAILABLE',
      what: `has fewer replicas of topic ${topic} in step than its min.insync.replicas asks for`,
      advice: 'Bring the missing brokers back; appending goes on by itself then.',
    };
  }
  if (has(/^UNKNOWN_TOPIC_OR_PARTITION$/)) {
    return {
      code: 'LOG_UNAVAILABLE',
      what: `does not know topic ${topic}`,
      advice: 'If it was deleted, start Rollcall again: it makes a new one, and finds what is live again.',
    };
  }
  return undefined;
};

const unreachable = (errors: readonly Error[]): Told => ({
  code: 'LOG_UNAVAILABLE',
  what: `cannot be used: ${whyUnreachable(errors)}`,
  advice: wasClosed(errors)
    ? 'Check that it runs, and that this is a port for clients: one that wants TLS (ssl) or a login (sasl) closes the connection like this.'
    : 'Check the address, and that the brokers run.',
});

/** What kafkajs says, as an error of the log. An error of the log comes back as it is. */
export const kafkaError = (error: unknown, at: At): RollcallError => {
  if (error instanceof RollcallError) return error;
  const errors = chainOf(error);
  const { code, what, advice } = loginRefused(errors) ?? tlsFailed(errors) ?? byType(errors, at) ?? unreachable(errors);
  const where = `Kafka at ${brokerOf(errors) ?? at.brokers.join(', ')}`;
  const told = what
    .replace('Connection error: ', '')
    .replaceAll(/\s+/g, ' ')
    .replace(/[ .:]+$/, '');
  return new RollcallError(code, `${where} ${told}.`, advice, { cause: error });
};
