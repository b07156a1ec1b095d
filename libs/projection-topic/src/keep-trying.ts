import type { World } from '@rollcall/clock';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 3_000;

/** Not all at the same moment. */
const jittered = (wait: number, { random }: World): number => wait * (0.75 + random.float() / 2);

export type Trying = {
  world: World;
  signal: AbortSignal;
  /** Told from the second failure in a row on: a cluster that has just changed answers wrongly for a moment. */
  failed: (error: unknown) => void;
};

/** Does `work` again and again, with longer and longer waits while it fails at once. Resolves when `signal` aborts. */
export const keepTrying = async (work: () => Promise<void>, { world, signal, failed }: Trying): Promise<void> => {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const since = world.clock.monotonic();
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (world.clock.monotonic() - since > LONGEST_WAIT_MS) wait = FIRST_WAIT_MS;
      if (wait > FIRST_WAIT_MS) failed(error);
    }
    await world.scheduler.sleep(jittered(wait, world), signal);
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
};

/** Does `work` until it succeeds. @throws what `isFinal` says is no use to try again; the reason for which `signal` aborts */
export const tryUntilDone = async <T>(
  work: () => Promise<T>,
  { world, signal, failed, isFinal }: Trying & { isFinal: (error: unknown) => boolean },
): Promise<T> => {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (isFinal(error)) throw error;
      if (wait > FIRST_WAIT_MS) failed(error);
      await world.scheduler.sleep(jittered(wait, world), signal);
      signal.throwIfAborted();
    }
  }
};
