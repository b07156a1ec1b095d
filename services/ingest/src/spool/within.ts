import type { Scheduler } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';

/** What `work` comes to, if it does so within `ms` milliseconds. It is not stopped, and may still be done. @throws RollcallError LOG_UNAVAILABLE */
export const within = async <T>(ms: number, scheduler: Scheduler, work: Promise<T>): Promise<T> => {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = scheduler.after(ms, () => reject(noAnswer(ms)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
};

const noAnswer = (ms: number): RollcallError =>
  new RollcallError(
    'LOG_UNAVAILABLE',
    `The event log has not answered in ${ms / 1000} seconds.`,
    'Check its servers and the network; what it was asked is asked again.',
  );
