import { createHmac } from 'node:crypto';
import type { Clock, Random } from '@rollcall/clock';
import type { Identity } from './identity.ts';

/** Clients of ARI show user and password with each request: they are checked anew after so long, and when the users change. */
const KEPT_MS = 60_000;
const MAX_KEPT = 1_000;

/** Passwords that were found right a moment ago, and those being looked at: the same one is looked at once. */
export type Verified = {
  find: (user: string, password: string) => Promise<Identity> | undefined;
  keep: (user: string, password: string, identity: Promise<Identity>) => void;
  clear: () => void;
};

/** What is kept is a hash, under a key of this process alone, of what was shown. */
export const createVerified = (clock: Pick<Clock, 'monotonic'>, random: Random): Verified => {
  const key = Buffer.from(random.secret(32), 'hex');
  const kept = new Map<string, { identity: Promise<Identity>; until: number }>();
  const keyOf = (user: string, password: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([user, password]))
      .digest('base64');
  return {
    find: (user, password) => {
      const found = kept.get(keyOf(user, password));
      return found && clock.monotonic() < found.until ? found.identity : undefined;
    },
    keep: (user, password, identity) => {
      const hash = keyOf(user, password);
      const entry = { identity, until: clock.monotonic() + KEPT_MS };
      kept.delete(hash);
      for (const oldest of kept.keys()) {
        if (kept.size < MAX_KEPT) break;
        kept.delete(oldest);
      }
      kept.set(hash, entry);
      identity.catch(() => {
        if (kept.get(hash) === entry) kept.delete(hash);
      });
    },
    clear: () => kept.clear(),
  };
};
