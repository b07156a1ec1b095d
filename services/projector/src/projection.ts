import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import {
  createCounters,
  createTurnstile,
  type ProjectorCounters,
  retryQuarantine,
  runProjector,
} from '@rollcall/projector';
import type { Changes } from '@rollcall/state-cache';
import type { Logger } from 'pino';
import { createBreath } from './breath.ts';
import type { DataDir } from './data-dir.ts';
import { createGenerations, type Generations } from './generations.ts';

/** Keeps the list up with the log, and an image of it for the next start. */
export type Projection = {
  /** Called after every change of the list; returns what ends it. */
  onCommit: (listener: (changes: Changes) => void) => () => void;
  /** Why the list does not follow the log just now; undefined while it does. */
  problem: () => string | undefined;
  counters: ProjectorCounters;
  generations: Generations;
  /** Tries again what was set aside: all of it, or these streams. Says which streams go on. */
  retryQuarantine: (streams?: readonly string[]) => Promise<string[]>;
  stop: () => Promise<void>;
};

/** Events between two images: what a restart after a crash has to read again at most. */
const IMAGE_EVERY = 100_000;

/** Before the log is followed again after it could not be; a rebuild that succeeds begins at once. */
const AGAIN_MS = 5_000;

export const startProjection = (dir: DataDir, world: World, logger: Logger): Projection => {
  const { log, cache } = dir;
  const stopping = new AbortController();
  const listeners = new Set<(changes: Changes) => void>();
  const counters = createCounters();
  const turnstile = createTurnstile();
  let problem: string | undefined;
  let imageAt = 0;
  let saving: Promise<void> | undefined;
  let mended = new AbortController();

  const [first, ...others] = cache.quarantine();
  if (first) {
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    logger.warn(
      `${first.stream} is set aside at revision ${first.revision}: ${first.reason}${more}. See "rollcall quarantine".`,
    );
  }

  const tell = (changes: Changes): void => {
    for (const listener of listeners) listener(changes);
  };

  const saveNowAndThen = (): void => {
    if (saving || counters.applied - imageAt < IMAGE_EVERY) return;
    imageAt = counters.applied;
    saving = dir
      .saveImage()
      .catch((error) => logger.warn(errorLine(error)))
      .finally(() => {
        saving = undefined;
      });
  };

  const committed = (changes: Changes): void => {
    problem = undefined;
    for (const set of changes.quarantine.values()) {
      if (set?.head === set?.revision && set)
        logger.warn(`${set.stream} is set aside at revision ${set.revision}: ${set.reason}.`);
    }
    tell(changes);
    saveNowAndThen();
  };

  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await runProjector({ log, cache, signal: stopping.signal, counters, turnstile, committed });
      } catch (error) {
        problem = errorLine(error);
        logger.error(`The list does not follow the log: ${problem}`);
        await world.scheduler.sleep(AGAIN_MS, AbortSignal.any([stopping.signal, mended.signal]));
      }
    }
  };
  const running = follow();

  const generations = createGenerations({
    dir,
    turnstile,
    breathe: createBreath(world),
    swapped: (changes) => {
      mended.abort();
      mended = new AbortController();
      problem = undefined;
      tell(changes);
    },
  });

  return {
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    problem: () => problem,
    counters,
    generations,
    retryQuarantine: async (streams) => {
      const { released, changes } = await turnstile(() => retryQuarantine(log, cache, counters, streams));
      if (changes) tell(changes);
      return released;
    },
    stop: async () => {
      stopping.abort();
      await running;
      await saving;
    },
  };
};
