import { RollcallError } from '@rollcall/errors';
import { isOfType, type KafkaConnection, userOf } from '@rollcall/kafka';
import { explain } from '@rollcall/projection-topic';

/** Why this process has no place in the group, and what to do about it. */
export const groupProblem = (error: unknown, at: KafkaConnection & { topic: string; group: string }): RollcallError => {
  const { brokers, topic, group } = at;
  const found = TOLD.find(([type]) => isOfType(error, type));
  if (!found) return explain(error, { brokers, topic });
  const [, code, what, advice] = found;
  const user = userOf(at) ?? 'NAME';
  const fill = (text: string): string =>
    text
      .replaceAll('TOPIC', topic)
      .replaceAll('GROUP', group)
      .replaceAll('BROKER', brokers[0] ?? '')
      .replaceAll('USER', user);
  return new RollcallError(code, `Kafka (${brokers.join(', ')}): ${fill(what)}.`, fill(advice), { cause: error });
};

const TOLD: [type: string, code: string, what: string, advice: string][] = [
  [
    'GROUP_AUTHORIZATION_FAILED',
    'KAFKA_FORBIDDEN',
    'this user may not join the group GROUP',
    'Allow it: kafka-acls.sh --bootstrap-server BROKER --add --allow-principal User:USER --group GROUP --operation Read',
  ],
  [
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LOG_MISSING',
    'there is no event log in topic TOPIC',
    'Check the name of the topic in the settings, or start the ingest that writes it; Rollcall goes on by itself then.',
  ],
  [
    'INCONSISTENT_GROUP_PROTOCOL',
    'GROUP_TAKEN',
    'others than projectors are in the group GROUP',
    'Name another group in the settings, the same for all projectors, or end those consumers.',
  ],
  [
    'INVALID_SESSION_TIMEOUT',
    'KAFKA_SETTINGS',
    'it takes no session of that length',
    'Choose one between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers.',
  ],
];
