import type { Clock, Scheduler } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { CacheReader } from '@rollcall/state-cache';

const LOOK_EVERY_MS = 5;

/**
 * Waits until the list has everything up to a position. Who has gone is not waited for, and one timer serves all who wait: ten thousand
 * may, on one connection.
 * @throws RollcallError WAIT_TIMED_OUT
 */
export const createReach = ({ clock, scheduler }: { clock: Clock; scheduler?: Scheduler }) => {
  let next: Promise<void> | undefined;
  const look = ({ sleep }: Scheduler): Promise<void> => {
    next ??= sleep(LOOK_EVERY_MS).then(() => {
      next = undefined;
    });
    return next;
  };
  /** @param timeout milliseconds */
  return async (
    cache: Pick<CacheReader, 'checkpoint'>,
    position: number,
    timeout: number,
    asker: { readonly destroyed: boolean },
  ): Promise<void> => {
    const until = clock.monotonic() + timeout;
    while (cache.checkpoint < position) {
      if (!scheduler || clock.monotonic() >= until || asker.destroyed) {
        throw new RollcallError(
          'WAIT_TIMED_OUT',
          `The list is at position ${cache.checkpoint}, and has not come to ${position} in ${timeout / 1000} s.`,
          'Ask again, wait for longer (timeout), or see /readyz for why it does not follow.',
        );
      }
      await look(scheduler);
    }
  };
};
