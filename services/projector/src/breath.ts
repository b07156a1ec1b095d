import type { World } from '@rollcall/clock';

/** A turn of the event loop that lasts longer than this had other work in it. */
const QUIET_MS = 0.1;
/** Given to others at once: long work goes on, however much else there is. */
const MOST_MS = 10;

/**
 * Lets whatever else waits have its turn, until a turn passes in which nothing did: long work takes what others leave; where nobody else
 * is, all of it; and where others never end, a share.
 */
export const createBreath =
  ({ clock }: Pick<World, 'clock'>) =>
  async (): Promise<void> => {
    const first = clock.monotonic();
    for (let begin = first; ; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = clock.monotonic();
      if (now - begin < QUIET_MS || now - first >= MOST_MS) return;
      begin = now;
    }
  };
