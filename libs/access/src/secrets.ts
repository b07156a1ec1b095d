import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '@rollcall/clock';

const TOKEN_BYTES = 32;
/** So that it is known for what it is where it turns up, also by scanners for secrets that leaked. */
const TOKEN_PREFIX = 'rc_';

export const makeToken = (random: Random): string => `${TOKEN_PREFIX}${random.secret(TOKEN_BYTES)}`;

export const isToken = (text: string): boolean => /^rc_[0-9a-f]{64}$/.test(text);

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether what is shown is the secret; how long it takes tells neither where they differ nor how long the secret is. */
export const sameText = (shown: string, secret: string): boolean =>
  timingSafeEqual(sha256(shown), evenly('sha256', secret));

/** What AMI's `Key` must be, from `Challenge` and secret; how long it takes does not tell how long the secret is. */
export const amiKey = (challenge: string, secret: string): string => evenly('md5', challenge + secret).toString('hex');

/** Both hashes work by blocks of so many bytes, with nine bytes of their own at the end. */
const BLOCK = 64;
/** As many as the longest secret takes, with a challenge before it. */
const MOST_BLOCKS = 5;
const REST = Buffer.alloc(BLOCK * MOST_BLOCKS);

/** A hash for which as many blocks are worked on, however long the text is. */
const evenly = (algorithm: 'md5' | 'sha256', text: string): Buffer => {
  const blocks = Math.ceil((Buffer.byteLength(text) + 9) / BLOCK);
  createHash(algorithm)
    .update(REST.subarray(0, BLOCK * Math.max(0, MOST_BLOCKS - blocks)))
    .digest();
  return createHash(algorithm).update(text).digest();
};
