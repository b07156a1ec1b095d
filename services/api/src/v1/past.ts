import type { ApiOptions } from '../options.ts';
import { createTurns, type Turn } from '../turns.ts';

/** Bytes that may be held for all who have the past folded for themselves. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Of a list of its own for each of them, and of what is on its way to him. */
const CHANNEL_BYTES = 2_048;
const READER_BYTES = 4 * 1024 * 1024;
/** So long one may take to read what stands before him, while others wait. */
const PATIENCE_MS = 5_000;

export type Past = {
  turn: Turn;
  /**
   * Waits for a place among those for whom the past is folded.
   * @param drop ends it for one who does not read, while others wait
   */
  enter: (drop: () => void) => Promise<Place>;
};

export type Place = {
  /** He is given something, and gives no place away until he asks for more. */
  given: () => void;
  asks: () => void;
  /** Whatever comes now is the present. Does nothing when he has left. */
  leave: () => void;
};

/** Those who have the past folded for themselves: few at a time, as each has a list of his own, and their work by turns. */
export const createPast = (options: Pick<ApiOptions, 'clock' | 'scheduler' | 'cache'>, most = MOST_BYTES): Past => {
  const { scheduler, cache } = options;
  const waiting: (() => void)[] = [];
  let places = 0;

  const isRoom = (): boolean => places === 0 || (places + 1) * (READER_BYTES + cache.size * CHANNEL_BYTES) <= most;

  const admit = (): void => {
    while (waiting.length > 0 && isRoom()) {
      places++;
      waiting.shift()?.();
    }
  };

  const placeOf = (drop: () => void): Place => {
    let isGiven = false;
    let hasLeft = false;
    let cancel = () => {};
    const leave = (): void => {
      cancel();
      if (hasLeft) return;
      hasLeft = true;
      places--;
      admit();
    };
    const look = (): void => {
      // Who waits himself waits for what is to come: that is no past.
      if (!isGiven) leave();
      else if (waiting.length > 0) drop();
      else watch();
    };
    const watch = (): void => {
      cancel();
      if (!hasLeft) cancel = scheduler?.after(PATIENCE_MS, look) ?? cancel;
    };
    const now = (given: boolean) => () => {
      isGiven = given;
      watch();
    };
    watch();
    return { given: now(true), asks: now(false), leave };
  };

  return {
    turn: createTurns(options),
    enter: async (drop) => {
      const entered = new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
      admit();
      await entered;
      return placeOf(drop);
    },
  };
};
