import type { Clock } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { networkOf } from './network.ts';

/** So many may fail from one address before it has to wait. */
const FREE = 10;
/** The first wait; each failure after it doubles it. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Without a failure for so long all is forgotten. */
const FORGOTTEN_MS = 15 * 60_000;
const MAX_ADDRESSES = 10_000;

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
   * An attempt begins, and counts as failed until `succeeded`: many at once get no further than one after the other. A success forgives
   * nothing but itself: who has a user may not guess at another's.
   * @throws TooManyAttempts
   */
  begin: (address: string) => { succeeded: () => void };
  /** How many addresses are remembered. */
  readonly size: number;
};

type Failures = { count: number; last: number; blockedUntil: number };

const NONE: Failures = { count: 0, last: Number.NEGATIVE_INFINITY, blockedUntil: 0 };

/** Failed logins by address. An IPv6 host has a whole /64, so that is what counts. */
export const createAttempts = (clock: Pick<Clock, 'monotonic'>): Attempts => {
  const byAddress = new Map<string, Failures>();

  const forget = (now: number): void => {
    // In the order of their last failure: the first are the oldest.
    for (const [key, { last }] of byAddress) {
      if (now - last < FORGOTTEN_MS && byAddress.size < MAX_ADDRESSES) return;
      byAddress.delete(key);
    }
  };

  const check = (key: string, now: number): void => {
    const { blockedUntil } = byAddress.get(key) ?? NONE;
    if (now < blockedUntil) throw new TooManyAttempts(Math.ceil((blockedUntil - now) / 1_000));
  };

  const forgive = (key: string): void => {
    const failures = byAddress.get(key);
    if (!failures) return;
    failures.count--;
    if (failures.count === 0) byAddress.delete(key);
    else if (failures.count < FREE) failures.blockedUntil = 0;
  };

  return {
    check: (address) => check(networkOf(address), clock.monotonic()),
    begin: (address) => {
      const now = clock.monotonic();
      const key = networkOf(address);
      check(key, now);
      const { count, last } = byAddress.get(key) ?? NONE;
      const failures = now - last >= FORGOTTEN_MS ? 1 : count + 1;
      const wait = failures < FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE));
      byAddress.delete(key);
      forget(now);
      byAddress.set(key, { count: failures, last: now, blockedUntil: now + wait });
      return { succeeded: () => forgive(key) };
    },
    get size() {
      return byAddress.size;
    },
  };
};
