import { expect, test } from 'vitest';
import { groupProblem } from './group-problem.ts';

const at = {
  brokers: ['kafka-1:9092'],
  sasl: { mechanism: 'plain' as const, username: 'rollcall', password: 'hunter2' },
  topic: 'rollcall.events',
  group: 'rollcall.projectors',
};
const refused = (type: string) => Object.assign(new Error('refused'), { type });

test.each([
  [
    'GROUP_AUTHORIZATION_FAILED',
    /^KAFKA_FORBIDDEN: .*group rollcall\.projectors.*--allow-principal User:rollcall --group rollcall\.projectors/,
  ],
  ['UNKNOWN_TOPIC_OR_PARTITION', /^LOG_MISSING: .*topic rollcall\.events.*start the ingest/],
  ['INCONSISTENT_GROUP_PROTOCOL', /^GROUP_TAKEN: .*Name another group/],
  ['INVALID_SESSION_TIMEOUT', /^KAFKA_SETTINGS: .*group\.min\.session\.timeout\.ms/],
  ['TOPIC_AUTHORIZATION_FAILED', /^KAFKA_FORBIDDEN: .*rollcall\.events/],
])('%s is told with what to do about it', (type, expected) => {
  const { line } = groupProblem(new Error('kafkajs gave up', { cause: refused(type) }), at);
  expect(line).toMatch(expected);
  expect(line).not.toContain('hunter2');
});
