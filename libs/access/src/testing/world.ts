import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Random, systemWorld } from '@rollcall/clock';
import { createPasswords } from '../index.ts';

/** Passwords that cost next to nothing. */
export const cheapPasswords = (random: Random = systemWorld.random) =>
  createPasswords(random, { scheme: 'scrypt', cost: 2 ** 14, blockSize: 1, parallelization: 1 });

/** A clock that stands still until it is moved on. */
export const standingClock = () => {
  let at = 0;
  return {
    now: () => Date.UTC(2026, 10, 22) + at,
    monotonic: () => at,
    advance: (ms: number): void => {
      at += ms;
    },
  };
};

/** A directory that is gone with the test. */
export const tempDir = (): { dir: string; remove: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-access-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
};
