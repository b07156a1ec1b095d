import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '@rollcall/clock';

const TOKEN_BYTES = 32;
/** So that it is known for what it is where it turns up, also by scanners for secrets that leaked. */
const TOKEN_PREFIX = 'rc_';

export const makeToken = (random: Random): string => `${TOKEN_PREFIX}${random.secret(TOKEN_BYTES)}`;

export const isToken = (text: string): boolean => /^rc_[0-9a-f]{64}$/.test(text);

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether two texts are the same; how long it takes tells neither where they differ nor how long they are. */
export const sameText = (one: string, other: string): boolean => timingSafeEqual(sha256(one), sha256(other));

/** What AMI's `Key` must be, from `Challenge` and secret. */
export const amiKey = (challenge: string, secret: string): string =>
  createHash('md5').update(challenge).update(secret).digest('hex');
