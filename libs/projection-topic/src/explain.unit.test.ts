import { RollcallError } from '@rollcall/errors';
import { expect, test } from 'vitest';
import { explain } from './explain.ts';

const at = { brokers: ['a:9092', 'b:9092'], topic: 'rollcall.channels' };

const kafkaError = (fields: object, message = 'what kafkajs says', cause?: Error): Error =>
  Object.assign(new Error(message, { cause }), fields);

const line = (error: unknown): string => explain(error, at).line;

test.each([
  [{ type: 'TOPIC_AUTHORIZATION_FAILED' }, /^KAFKA_FORBIDDEN: .*rollcall\.channels.*kafka-acls\.sh/],
  [{ type: 'UNKNOWN_TOPIC_OR_PARTITION' }, /^TOPIC_MISSING: .*no topic rollcall\.channels/],
  [{ type: 'MESSAGE_TOO_LARGE' }, /^RECORD_TOO_LARGE: .*max\.message\.bytes/],
  [{ type: 'KAFKA_STORAGE_ERROR' }, /^KAFKA_DISK: .*Make room/],
  [{ type: 'NOT_ENOUGH_REPLICAS' }, /^KAFKA_REPLICAS: .*min\.insync\.replicas/],
  [{ type: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' }, /^KAFKA_REPLICAS: /],
  [{ name: 'KafkaJSSASLAuthenticationError' }, /^KAFKA_LOGIN_REFUSED: .*password/],
  [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, /^KAFKA_TLS: .*ssl\.ca/],
  [{ code: 'ECONNREFUSED', broker: 'b:9092' }, /^KAFKA_UNREACHABLE: Kafka broker b:9092: .*refused.*by itself/],
  [
    { name: 'KafkaJSConnectionClosedError' },
    /^KAFKA_UNREACHABLE: Kafka \(a:9092, b:9092\): .*TLS \(ssl\) or a login \(sasl\)/,
  ],
  [{}, /^KAFKA_UNREACHABLE: .*what kafkajs says/],
])('%j is told with what to do', (fields, told) => {
  expect(line(kafkaError(fields))).toMatch(told);
});

test('what lies behind what was thrown is what counts', () => {
  const behind = kafkaError({ type: 'KAFKA_STORAGE_ERROR' });
  expect(line(kafkaError({ name: 'KafkaJSNumberOfRetriesExceeded' }, 'retried', behind))).toMatch(/^KAFKA_DISK/);
  expect(line(Object.assign(new Error('several'), { errors: [behind] }))).toMatch(/^KAFKA_DISK/);
});

test('an error of Rollcall stays what it is, and what is no error is told too', () => {
  const error = new RollcallError('TOPIC_WRONG', 'So it is.', 'Mend it.');
  expect(explain(error, at)).toBe(error);
  expect(line('nonsense')).toMatch(/^KAFKA_UNREACHABLE: .*no reason was given/);
});
