import { rootCertificates } from 'node:tls';
import { isRollcallError } from '@rollcall/errors';
import { expect, test } from 'vitest';
import { type Apart, parseKafkaAddress } from './address.ts';

const refusal = (text: string, apart?: Apart): string => {
  try {
    parseKafkaAddress(text, apart);
  } catch (error) {
    if (isRollcallError(error, 'KAFKA_SETTINGS')) return error.line;
    throw error;
  }
  return 'taken';
};

const SCRAM = { mechanism: 'scram-sha-512', username: 'rollcall', password: 'pass' };

test.each([
  ['kafka://kafka:9092', { brokers: ['kafka:9092'] }],
  [' kafka://a:9092,b.example:9093/ ', { brokers: ['a:9092', 'b.example:9093'] }],
  ['kafkas://kafka:9093', { brokers: ['kafka:9093'], ssl: true }],
  ['kafka://rollcall:pass@kafka:9092', { brokers: ['kafka:9092'], sasl: SCRAM }],
  ['kafkas://rollcall:pass@a:1,b:2?mechanism=PLAIN', { ssl: true, sasl: { ...SCRAM, mechanism: 'plain' } }],
  ['kafka://rollcall:pass@a:1/?mechanism=scram-sha-256', { sasl: { ...SCRAM, mechanism: 'scram-sha-256' } }],
  ['kafka://r%40b:p%2F%25%3F%3A@a:1', { sasl: { ...SCRAM, username: 'r@b', password: 'p/%?:' } }],
  ['kafka://rollcall:p@ss:word@a:1', { brokers: ['a:1'], sasl: { ...SCRAM, password: 'p@ss:word' } }],
])('%s is understood', (text, expected) => {
  expect(parseKafkaAddress(text)).toMatchObject(expected);
});

test('a plain address says neither TLS nor login', () => {
  expect(parseKafkaAddress('kafka://a:1')).toStrictEqual({ brokers: ['a:1'] });
});

test('the password may stand apart: of a file the first line', () => {
  const { sasl } = parseKafkaAddress('kafka://rollcall@a:1', { secret: 'pass\r\nnot this\n' });
  expect(sasl).toEqual(SCRAM);
});

test('the authority may stand apart', () => {
  const [ca = ''] = rootCertificates;
  expect(parseKafkaAddress('kafkas://a:1', { ca })).toMatchObject({ ssl: { ca: [ca] } });
});

const PEM = '-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n';

test.each<[string, string, Apart?]>([
  ['http://a:1', 'the address has another form'],
  ['a:9092', 'the address has another form'],
  ['kafka://r:hunter/2@a:1', 'the address has another form'],
  ['kafka://r:hunter#2@a:1', 'the address has another form'],
  ['kafka://r:hunter?2@a:1', 'broker 1 is not'],
  ['kafka://', 'broker 1 ("") is not'],
  ['kafka://a', 'broker 1 ("a") is not'],
  ['kafka://a:1,b:70000', 'broker 2 ("b:70000") is not'],
  ['kafka://a:1,', 'broker 2 ("") is not'],
  ['kafka://[::1]:9092', 'broker 1 is not'],
  ['kafka://r:hunter2', 'broker 1 is not'],
  ['kafka://a:1?mechanism=plain', 'there is no user'],
  ['kafka://r:hunter2@a:1?mechanism=gssapi', 'mechanism: it is not known'],
  ['kafka://r:hunter2@a:1?hunter2=1', 'a parameter that is not known'],
  ['kafka://r@a:1', 'the user r has no password'],
  ['kafka://r@a:1', 'the user r has no password', { secret: '\nhunter2' }],
  ['kafka://:hunter2@a:1', 'the user has no name'],
  ['kafka://r:hunter%2@a:1', 'a % that encodes nothing'],
  ['kafka://r:hunter2@a:1', 'given twice', { secret: 'hunter2' }],
  ['kafka://a:1', 'a password is given and no user', { secret: 'hunter2' }],
  ['kafka://a:1', 'the connection is plain', { ca: PEM }],
  ['kafkas://a:1', 'no certificate in PEM form', { ca: PEM }],
])('%s is refused: %s', (text, what, apart) => {
  const line = refusal(text, apart);
  expect(line).toMatch(/^KAFKA_SETTINGS: The address of Kafka cannot be used: .*Its form is kafka:\/\/HOST:PORT/);
  expect(line).toContain(what);
  expect(line).not.toMatch(/hunter/);
});
