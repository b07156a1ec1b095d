import type { World } from '@rollcall/clock';

/** A turn of the event loop that lasts longer than this had other work in it. */
const QUIET_MS = 0.1;
/** Turns given to others at once: long work goes on, however much else there is. */
const MOST_TURNS = 10;

/**
 * Lets whatever else waits have its turn, until a turn passes in which nothing did: long work takes what others leave, and where
 * nobody else is, all of it.
 */
export const createBreath =
  ({ clock }: Pick<World, 'clock'>) =>
  async (): Promise<void> => {
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      const begin = clock.monotonic();
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.monotonic() - begin < QUIET_MS) return;
    }
  };
