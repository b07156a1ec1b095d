import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { PasswordHash } from './users.ts';

/** 64 MiB and up to half a second of one core for each login: what OWASP advises for scrypt. */
const COST = { scheme: 'scrypt', cost: 2 ** 16, blockSize: 8, parallelization: 2 } as const;

const HASH_BYTES = 32;
/** Two at a time: files are read by the same four threads of Node. */
const AT_ONCE = 2;
const MAX_WAITING = 64;

const MIN_PASSWORD = 12;
const MAX_PASSWORD = 1_024;

/** @throws RollcallError PASSWORD_WRONG */
export const checkPassword = (password: string): void => {
  const length = [...password].length;
  if (length >= MIN_PASSWORD && password.length <= MAX_PASSWORD) return;
  throw new RollcallError(
    'PASSWORD_WRONG',
    `The password has ${length} characters.`,
    `Give it ${MIN_PASSWORD} at least, ${MAX_PASSWORD} at most.`,
  );
};

export type Passwords = {
  hash: (password: string) => Promise<PasswordHash>;
  /**
   * Takes as long where there is no hash to compare with.
   * @throws RollcallError LOGIN_BUSY when too many wait for it already
   */
  matches: (password: string, kept: PasswordHash | undefined) => Promise<boolean>;
};

type Cost = Omit<PasswordHash, 'salt' | 'hash'>;

/** @param cost lower in tests alone */
export const createPasswords = (random: Random, cost: Cost = COST): Passwords => {
  // Of no password: what it is compared with is not what any password gives.
  const nobody: PasswordHash = { ...cost, salt: random.secret(16), hash: random.secret(HASH_BYTES) };
  const waiting: (() => void)[] = [];
  let running = 0;

  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < AT_ONCE) running++;
    else {
      if (waiting.length >= MAX_WAITING) throw busy();
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return {
    hash: async (password) => {
      const salt = random.secret(16);
      return { ...cost, salt, hash: (await derive(password, { ...cost, salt })).toString('hex') };
    },
    matches: async (password, kept = nobody) =>
      inTurn(async () => timingSafeEqual(await derive(password, kept), Buffer.from(kept.hash, 'hex'))),
  };
};

const derive = (password: string, { cost, blockSize, parallelization, salt }: Omit<PasswordHash, 'hash'>) => {
  const options: ScryptOptions = { cost, blockSize, parallelization, maxmem: 256 * cost * blockSize };
  // One text, however the keyboard composed its letters.
  const text = password.normalize('NFC');
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(text, Buffer.from(salt, 'hex'), HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
};

const busy = () =>
  new RollcallError('LOGIN_BUSY', 'Too many logins are being checked just now.', 'Try again in a few seconds.');
