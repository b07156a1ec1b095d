import type { Clock } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import { networkOf } from './network.ts';

/** So many may fail from one address before it has to wait. */
const FREE = 10;
/** The first wait; each failure after it doubles it. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Without a failure for so long all is forgotten. */
const FORGOTTEN_MS = 15 * 60_000;
const MAX_ADDRESSES = 10_000;
/** Attempts from one address that may wait for those under way. */
const MAX_WAITING = 64;

/** Refused for now, whatever was shown. */
export class TooManyAttempts extends RollcallError {
  /** Whole seconds. */
  readonly retryAfter: number;
  constructor(retryAfter: number) {
    super(
      'TOO_MANY_ATTEMPTS',
      `Too many logins from this address have failed; the next may be tried in ${retryAfter} s.`,
      'Check user and password, then wait. Behind a proxy, see docs/access.md on trustProxy.',
    );
    this.retryAfter = retryAfter;
  }
}

export type Attempts = {
  /** @throws TooManyAttempts */
  check: (address: string) => void;
  /**
   * Makes an attempt, which fails by NOT_LOGGED_IN. So many are under way as could all fail; the others of that address wait for these, and
   * are refused when they did fail: many at once get no further than one after the other. A success forgives nothing: who has a user may
   * not guess at another's.
   * @throws TooManyAttempts; RollcallError LOGIN_BUSY where too many wait; what the attempt throws
   */
  make: <Result>(address: string, attempt: () => Promise<Result>) => Promise<Result>;
  /** How many addresses are remembered. */
  readonly size: number;
};

type Failures = { count: number; last: number; blockedUntil: number };
type UnderWay = { count: number; waiting: { resolve: () => void; reject: (error: unknown) => void }[] };

const NONE: Failures = { count: 0, last: Number.NEGATIVE_INFINITY, blockedUntil: 0 };

/** Failed logins by address. An IPv6 host has a whole /64, so that is what counts. */
export const createAttempts = (clock: Pick<Clock, 'monotonic'>): Attempts => {
  const byAddress = new Map<string, Failures>();
  const underWay = new Map<string, UnderWay>();

  const failuresOf = (key: string): Failures => {
    const failures = byAddress.get(key) ?? NONE;
    return clock.monotonic() - failures.last >= FORGOTTEN_MS ? NONE : failures;
  };

  const forget = (now: number): void => {
    // In the order of their last failure: the first are the oldest.
    for (const [key, { last }] of byAddress) {
      if (now - last < FORGOTTEN_MS && byAddress.size < MAX_ADDRESSES) return;
      byAddress.delete(key);
    }
  };

  const check = (key: string): void => {
    const wait = failuresOf(key).blockedUntil - clock.monotonic();
    if (wait > 0) throw new TooManyAttempts(Math.ceil(wait / 1_000));
  };

  const failed = (key: string): void => {
    const now = clock.monotonic();
    const count = failuresOf(key).count + 1;
    const wait = count < FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE));
    byAddress.delete(key);
    forget(now);
    byAddress.set(key, { count, last: now, blockedUntil: now + wait });
  };

  /** Who failed too often already may try one at a time. */
  const mayBegin = (key: string, { count }: UnderWay): boolean => count < Math.max(1, FREE - failuresOf(key).count);

  const begin = async (key: string): Promise<UnderWay> => {
    check(key);
    const own = underWay.get(key) ?? { count: 0, waiting: [] };
    underWay.set(key, own);
    if (mayBegin(key, own)) own.count++;
    else if (own.waiting.length >= MAX_WAITING) throw busy();
    else await new Promise<void>((resolve, reject) => own.waiting.push({ resolve, reject }));
    return own;
  };

  /** Its place is the next one's at once: nobody comes between. */
  const end = (key: string, own: UnderWay): void => {
    own.count--;
    while (own.waiting.length > 0 && mayBegin(key, own)) {
      const next = own.waiting.shift();
      try {
        check(key);
        own.count++;
        next?.resolve();
      } catch (error) {
        next?.reject(error);
      }
    }
    if (own.count === 0) underWay.delete(key);
  };

  return {
    check: (address) => check(networkOf(address)),
    make: async (address, attempt) => {
      const key = networkOf(address);
      const own = await begin(key);
      try {
        return await attempt();
      } catch (error) {
        if (isRollcallError(error) && error.code === 'NOT_LOGGED_IN') failed(key);
        throw error;
      } finally {
        end(key, own);
      }
    },
    get size() {
      return byAddress.size;
    },
  };
};

const busy = () =>
  new RollcallError(
    'LOGIN_BUSY',
    'Too many logins from this address are being checked just now.',
    'Try again in a few seconds.',
  );
