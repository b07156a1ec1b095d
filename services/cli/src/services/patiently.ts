import type { World } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';

/** Waiting mends these: a server is away, or whoever makes the log has not begun. */
const PASSING = ['LOG_UNAVAILABLE', 'LOG_NOT_LEADER', 'LOG_MISSING'];

const AGAIN_MS = 2_000;

/**
 * Opens what another process or a server has, and tries again for as long as waiting may mend it; `problem` is told of each failure that is
 * another one than before.
 * @throws what `open` throws and waiting does not mend; START_ABANDONED once `signal` aborts
 */
export const openPatiently = async <T>(
  open: () => Promise<T>,
  { world, signal, problem }: { world: World; signal: AbortSignal; problem: (error: RollcallError) => void },
): Promise<T> => {
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      return await open();
    } catch (error) {
      if (!PASSING.some((code) => isRollcallError(error, code)) || !(error instanceof RollcallError)) throw error;
      if (error.line !== told) problem(error);
      told = error.line;
      await world.scheduler.sleep(AGAIN_MS, signal);
    }
  }
  throw new RollcallError(
    'START_ABANDONED',
    'It was stopped before the event log could be reached.',
    'Start it again.',
  );
};
