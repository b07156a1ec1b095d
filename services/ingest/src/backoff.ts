import type { Random } from '@rollcall/clock';

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** Milliseconds to wait before try number `attempt` + 2: doubling, and half of it by chance, so that many do not knock together. */
export const backoff = (attempt: number, random: Random): number => {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));
  return ceiling / 2 + (ceiling / 2) * random.float();
};
