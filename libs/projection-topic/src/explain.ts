import { RollcallError } from '@rollcall/errors';
import { brokerOf, chainOf, field, loginRefusal, tlsFailure, wasClosed, whyUnreachable } from '@rollcall/kafka';

/** Where something went wrong, for messages: the brokers of the settings, and the topic. */
export type At = { brokers: readonly string[]; topic: string };

/** What kafkajs throws, as an error that says what to do. An error of ours comes back as it is. */
export const explain = (error: unknown, { brokers, topic }: At): RollcallError => {
  if (error instanceof RollcallError) return error;
  const errors = chainOf(error);
  const { code, what, advice } = loginRefused(errors) ?? tlsFailed(errors) ?? byType(errors, topic) ?? other(errors);
  const broker = brokerOf(errors);
  const who = broker ? `Kafka broker ${broker}` : `Kafka (${brokers.join(', ')})`;
  return new RollcallError(code, `${who}: ${what.replace(/\.$/, '')}.`, advice, { cause: error });
};

type Told = { code: string; what: string; advice: string };

const loginRefused = (errors: readonly Error[]): Told | undefined => {
  const refused = loginRefusal(errors);
  if (!refused) return undefined;
  return {
    code: 'KAFKA_LOGIN_REFUSED',
    what: `it refused the login: ${refused.message}`,
    advice: 'Check the user, the password and the SASL mechanism in the settings against those of the broker.',
  };
};

const tlsFailed = (errors: readonly Error[]): Told | undefined => {
  const failed = tlsFailure(errors);
  if (!failed) return undefined;
  return {
    code: 'KAFKA_TLS',
    what: `no TLS with it: ${failed.message}`,
    advice:
      'Name the authority that signed the certificate of the broker (ssl.ca), use the host name that stands in it, and a port of the broker that speaks TLS.',
  };
};

const byType = (errors: readonly Error[], topic: string): Told | undefined => {
  const types = errors.map((one) => field(one, 'type'));
  const [, told] = TOLD.find(([type]) => types.some((one) => type.test(one))) ?? [];
  return (
    told && { ...told, what: told.what.replaceAll('TOPIC', topic), advice: told.advice.replaceAll('TOPIC', topic) }
  );
};

const TOLD: [RegExp, Told][] = [
  [
    /^(TOPIC|CLUSTER|GROUP)_AUTHORIZATION_FAILED$/,
    {
      code: 'KAFKA_FORBIDDEN',
      what: 'this user may not do what it has to with topic TOPIC',
      advice:
        'Allow it with kafka-acls.sh --add: Describe, DescribeConfigs and Read on TOPIC; whoever publishes needs Write too, and Create where the topic is not there yet.',
    },
  ],
  [
    /^UNKNOWN_TOPIC_OR_PARTITION$/,
    {
      code: 'TOPIC_MISSING',
      what: 'it has no topic TOPIC',
      advice: 'Check its name in the settings, or start the Rollcall that publishes to it: that one makes it.',
    },
  ],
  [
    /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)$/,
    {
      code: 'RECORD_TOO_LARGE',
      what: 'topic TOPIC takes no record of that size',
      advice: 'Raise max.message.bytes of the topic, or follow fewer channel variables.',
    },
  ],
  [
    /^KAFKA_STORAGE_ERROR$/,
    {
      code: 'KAFKA_DISK',
      what: 'it cannot write topic TOPIC, because its disk is full or broken',
      advice: 'Make room on it, or mend it, and start the broker again; Rollcall goes on by itself then.',
    },
  ],
  [
    /^NOT_ENOUGH_REPLICAS/,
    {
      code: 'KAFKA_REPLICAS',
      what: 'fewer replicas of topic TOPIC are in step than min.insync.replicas asks for',
      advice: 'Bring the missing brokers back; Rollcall goes on by itself then.',
    },
  ],
];

const other = (errors: readonly Error[]): Told => ({
  code: 'KAFKA_UNREACHABLE',
  what: `it cannot be used: ${whyUnreachable(errors)}`,
  advice: wasClosed(errors)
    ? 'Check that it is a port for clients: one that wants TLS (ssl) or a login (sasl) closes the connection like this. Rollcall tries again by itself.'
    : 'Check the address and that the broker runs. Rollcall tries again by itself.',
});
