import type { Clock, Scheduler } from '@rollcall/clock';

/** Milliseconds that answers may take, of all sessions together, before whatever else waits has its turn. */
const TURN_MS = 10;

/**
 * Between two pieces of work: lets everything else go on where such work has gone on for too long. A client that asks without end and
 * reads as fast as it is answered never makes its connection wait, and so would have the process for itself.
 */
export const createTurns = ({ monotonic }: Pick<Clock, 'monotonic'>, scheduler: Pick<Scheduler, 'sleep'>) => {
  let began = monotonic();
  let next: Promise<void> | undefined;
  return async (): Promise<void> => {
    if (monotonic() - began < TURN_MS) return;
    next ??= scheduler.sleep(0).then(() => {
      next = undefined;
      began = monotonic();
    });
    await next;
  };
};
