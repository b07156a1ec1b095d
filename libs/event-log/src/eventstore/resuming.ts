import { isRetriable, logError } from './log-errors.ts';
import { backoff, type Server } from './server.ts';

export type ResumingOptions = {
  signal: AbortSignal;
  /** How long it may go without anything new, in milliseconds. Default: for ever. */
  giveUpAfter?: number;
  /** Told, once, that it is interrupted; undefined: it goes on. */
  stalled?: (error: Error | undefined) => void;
};

/**
 * Reads on through lost connections. Each `attempt` begins where the reading stands, which is its own affair, and ends when all
 * is read; an empty batch says only that it gets on. @throws what asking again cannot mend
 */
export async function* resuming<T>(
  { world, where }: Server,
  { signal, giveUpAfter = Number.POSITIVE_INFINITY, stalled = () => {} }: ResumingOptions,
  attempt: () => AsyncGenerator<T[]>,
): AsyncGenerator<T[]> {
  let progress = world.clock.monotonic();
  let told = false;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      for await (const batch of attempt()) {
        failures = 0;
        if (told) stalled(undefined);
        told = false;
        if (batch.length > 0) yield batch;
        progress = world.clock.monotonic();
      }
      return;
    } catch (error) {
      const known = logError(where, error);
      const pause = backoff(failures, world);
      if (!isRetriable(known) || world.clock.monotonic() + pause > progress + giveUpAfter) throw known;
      if (!told) stalled(known instanceof Error ? known : undefined);
      told = true;
      await world.scheduler.sleep(pause, signal);
    }
  }
}
