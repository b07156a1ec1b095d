import { expect, test } from 'vitest';
import { createAttempts, TooManyAttempts } from './attempts.ts';
import { standingClock } from './testing/world.ts';

const failing = (address = '192.0.2.1') => {
  const clock = standingClock();
  const attempts = createAttempts(clock);
  const fail = (times: number, from = address): void => {
    for (let n = 0; n < times; n++) attempts.begin(from);
  };
  const refused = (from = address): number | undefined => {
    try {
      attempts.check(from);
      return undefined;
    } catch (error) {
      return error instanceof TooManyAttempts ? error.retryAfter : Number.NaN;
    }
  };
  return { clock, attempts, fail, refused };
};

test('nine may fail, the tenth has to wait, and each after it twice as long, five minutes at most', () => {
  const { clock, attempts, fail, refused } = failing();
  fail(9);
  expect(refused()).toBeUndefined();
  for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
    fail(1);
    expect(refused()).toBe(wait);
    expect(() => attempts.begin('192.0.2.1')).toThrow(TooManyAttempts);
    clock.advance(wait * 1_000);
    expect(refused()).toBeUndefined();
  }
});

test('an attempt that is not over counts as failed; a success takes back itself and nothing else', () => {
  const { attempts, fail, refused } = failing();
  fail(9);
  const right = attempts.begin('192.0.2.1');
  expect(refused()).toBe(1);
  right.succeeded();
  expect(refused()).toBeUndefined();
  fail(1);
  expect(refused()).toBe(1);
});

test('after a quarter of an hour without a failure all is forgotten', () => {
  const { clock, fail, refused } = failing();
  fail(10);
  clock.advance(15 * 60_000);
  fail(9);
  expect(refused()).toBeUndefined();
});

test.each([
  ['192.0.2.2', false],
  ['::ffff:192.0.2.1', true],
  ['::FFFF:192.0.2.1', true],
])('what 192.0.2.1 did counts for %s: %s', (address, counts) => {
  const { fail, refused } = failing();
  fail(10);
  expect(refused(address) !== undefined).toBe(counts);
});

test.each([
  ['2001:db8:0:1::2', true],
  ['2001:db8:0:1:ffff:ffff:ffff:ffff', true],
  ['2001:0db8::1:0:0:0:9%eth0', true],
  ['2001:db8:0:2::1', false],
  ['::1', false],
])('what 2001:db8:0:1::1 did counts for %s: %s', (address, counts) => {
  const { fail, refused } = failing('2001:db8:0:1::1');
  fail(10);
  expect(refused(address) !== undefined).toBe(counts);
});

test('no more than ten thousand addresses are remembered, the oldest are forgotten', () => {
  const { attempts, fail, refused } = failing();
  fail(10);
  for (let n = 0; n < 10_000; n++) attempts.begin(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  expect(attempts.size).toBe(10_000);
  expect(refused()).toBeUndefined();
});
