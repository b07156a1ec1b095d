import { RollcallError } from '@rollcall/errors';
import { expect, test, vi } from 'vitest';
import { createAttempts, TooManyAttempts } from './attempts.ts';
import { standingClock } from './testing/world.ts';

const failing = (address = '192.0.2.1') => {
  const clock = standingClock();
  const attempts = createAttempts(clock);
  const wrong = async (): Promise<never> => {
    throw new RollcallError('NOT_LOGGED_IN', 'Wrong.', 'None.');
  };
  const fail = async (times: number, from = address): Promise<void> => {
    for (let n = 0; n < times; n++)
      await expect(attempts.make(from, wrong)).rejects.toMatchObject({ message: 'Wrong.' });
  };
  const refused = (from = address): number | undefined => {
    try {
      attempts.check(from);
      return undefined;
    } catch (error) {
      return error instanceof TooManyAttempts ? error.retryAfter : Number.NaN;
    }
  };
  return { clock, attempts, wrong, fail, refused };
};

test('nine may fail, the tenth has to wait, and each after it twice as long, five minutes at most', async () => {
  const { clock, attempts, wrong, fail, refused } = failing();
  await fail(9);
  expect(refused()).toBeUndefined();
  for (const wait of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
    await fail(1);
    expect(refused()).toBe(wait);
    await expect(attempts.make('192.0.2.1', wrong)).rejects.toThrow(TooManyAttempts);
    clock.advance(wait * 1_000);
    expect(refused()).toBeUndefined();
  }
});

/** Attempts that are looked at until they are told how they end. */
const lasting = () => {
  const ends: ((error?: RollcallError) => void)[] = [];
  const attempt = (): Promise<string> =>
    new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve('in'))));
  return { ends, attempt };
};

const outcomes = async (made: Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(made)).map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code));

test('fifty of one address who are right get in, ten at a time; beyond those who wait one is refused as busy', async () => {
  const { attempts, refused } = failing();
  const { ends, attempt } = lasting();
  const made = Array.from({ length: 75 }, () => attempts.make('192.0.2.1', attempt));
  const ended = outcomes(made);
  await vi.waitFor(() => expect(ends).toHaveLength(10));
  expect(refused()).toBeUndefined();
  for (let at = 0; at < 74; at++) {
    ends[at]?.();
    await vi.waitFor(() => expect(ends).toHaveLength(Math.min(74, at + 11)), { interval: 1 });
  }
  expect(await ended).toEqual([...Array(74).fill('in'), 'LOGIN_BUSY']);
});

test('many at once get no further than one after the other; what is neither right nor wrong does not count', async () => {
  const { attempts, fail, refused } = failing();
  const { ends, attempt } = lasting();
  await fail(8);
  const made = Array.from({ length: 5 }, () => attempts.make('192.0.2.1', attempt));
  const ended = outcomes(made);
  await vi.waitFor(() => expect(ends).toHaveLength(2));
  ends[0]?.(new RollcallError('LOGIN_BUSY', 'Later.', 'None.'));
  await vi.waitFor(() => expect(ends).toHaveLength(3));
  const wrong = new RollcallError('NOT_LOGGED_IN', 'Wrong.', 'None.');
  for (const end of ends) end(wrong);
  expect(await ended).toEqual([
    'LOGIN_BUSY',
    ...['NOT_LOGGED_IN', 'NOT_LOGGED_IN', 'TOO_MANY_ATTEMPTS', 'TOO_MANY_ATTEMPTS'],
  ]);
  expect([ends.length, refused()]).toEqual([3, 1]);
});

test('a success forgives nothing', async () => {
  const { attempts, fail, refused } = failing();
  await fail(9);
  await attempts.make('192.0.2.1', async () => 'in');
  await fail(1);
  expect(refused()).toBe(1);
});

test('after a quarter of an hour without a failure all is forgotten', async () => {
  const { clock, fail, refused } = failing();
  await fail(10);
  clock.advance(15 * 60_000);
  await fail(9);
  expect(refused()).toBeUndefined();
});

test.each([
  ['192.0.2.2', false],
  ['::ffff:192.0.2.1', true],
  ['::FFFF:192.0.2.1', true],
])('what 192.0.2.1 did counts for %s: %s', async (address, counts) => {
  const { fail, refused } = failing();
  await fail(10);
  expect(refused(address) !== undefined).toBe(counts);
});

test.each([
  ['2001:db8:0:1::2', true],
  ['2001:db8:0:1:ffff:ffff:ffff:ffff', true],
  ['2001:0db8::1:0:0:0:9%eth0', true],
  ['2001:db8:0:2::1', false],
  ['::1', false],
])('what 2001:db8:0:1::1 did counts for %s: %s', async (address, counts) => {
  const { fail, refused } = failing('2001:db8:0:1::1');
  await fail(10);
  expect(refused(address) !== undefined).toBe(counts);
});

test('no more than ten thousand addresses are remembered, the oldest are forgotten', async () => {
  const { attempts, wrong, fail, refused } = failing();
  await fail(10);
  for (let n = 0; n < 10_000; n++) {
    await attempts.make(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, wrong).catch(() => {});
  }
  expect(attempts.size).toBe(10_000);
  expect(refused()).toBeUndefined();
});
