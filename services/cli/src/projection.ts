import { errorLine } from '@rollcall/errors';
import { createCounters, runProjector } from '@rollcall/projector';
import type { Changes } from '@rollcall/state-cache';
import type { Logger } from 'pino';
import type { DataDir } from './data-dir.ts';

/** Keeps the list up with the log, and an image of it for the next start. */
export type Projection = {
  /** Called after every change of the list; returns what ends it. */
  onCommit: (listener: (changes: Changes) => void) => () => void;
  /** Why the list no longer follows the log; undefined while it does. */
  problem: () => string | undefined;
  stop: () => Promise<void>;
};

/** Events between two images: what a restart after a crash has to read again at most. */
const IMAGE_EVERY = 100_000;

export const startProjection = ({ log, cache, saveImage }: DataDir, logger: Logger): Projection => {
  const stopping = new AbortController();
  const listeners = new Set<(changes: Changes) => void>();
  const counters = createCounters();
  let problem: string | undefined;
  let imageAt = 0;
  let saving: Promise<void> | undefined;

  const saveNowAndThen = (): void => {
    if (saving || counters.applied - imageAt < IMAGE_EVERY) return;
    imageAt = counters.applied;
    saving = saveImage()
      .catch((error) => logger.warn(errorLine(error)))
      .finally(() => {
        saving = undefined;
      });
  };

  const running = runProjector({
    log,
    cache,
    signal: stopping.signal,
    counters,
    committed: (changes) => {
      for (const listener of listeners) listener(changes);
      saveNowAndThen();
    },
  }).catch((error) => {
    problem = errorLine(error);
    logger.error(`The list no longer follows the log: ${problem}`);
  });

  return {
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    problem: () => problem,
    stop: async () => {
      stopping.abort();
      await running;
      await saving;
    },
  };
};
