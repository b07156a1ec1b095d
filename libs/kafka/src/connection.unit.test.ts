import './kafkajs-idle.ts';
import { createRequire } from 'node:module';
import { isRollcallError } from '@rollcall/errors';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkConnection } from './connection.ts';

const check = (brokers: string[]): string => {
  try {
    checkConnection({ brokers });
  } catch (error) {
    if (isRollcallError(error, 'KAFKA_SETTINGS')) return error.line;
  }
  return 'taken';
};

test.each([['kafka-1:9092'], ['127.0.0.1:1', 'kafka.example:65535']])(
  '%s is taken as a place where brokers are',
  (...brokers) => {
    expect(check(brokers)).toBe('taken');
  },
);

test.each([
  'localhost',
  'localhost:',
  'localhost:0',
  'localhost:65536',
  ':9092',
  '[::1]:9092',
  'kafka://a:9092',
  'user@a:9092',
])('%s is refused, with the form that it must have', (address) => {
  expect(check(['kafka-1:9092', address])).toMatch(
    /^KAFKA_SETTINGS: brokers: ".*" is no address of a broker\. .*HOST:PORT\.$/,
  );
});

test('no broker at all is refused', () => {
  expect(check([])).toMatch(/^KAFKA_SETTINGS: brokers: none is named\./);
});

test('a connection on which nothing waits sets no timer, and one on which something does sets it', () => {
  const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
  const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation(() => ({}) as NodeJS.Timeout);
  onTestFinished(() => timers.mockRestore());
  const logger = { debug: () => {} };
  const queue = new Queue({ maxInFlightRequests: null, requestTimeout: 1, enforceRequestTimeout: true, logger });
  queue.checkPendingRequests();
  expect(timers).not.toHaveBeenCalled();
  queue.throttledUntil = Number.POSITIVE_INFINITY;
  queue.pending.push({});
  queue.checkPendingRequests();
  expect(timers).toHaveBeenCalledOnce();
});
