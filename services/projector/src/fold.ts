import type { World } from '@rollcall/clock';
import { errorLine } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import { createCounters, type ProjectorCounters, replayOpen, runProjector } from '@rollcall/projector';
import { type CacheReader, type Changes, createMemoryCache } from '@rollcall/state-cache';

/** The list as a log has it, kept up with the log and nothing more: no image, nothing written. */
export type Fold = {
  cache: CacheReader;
  /** Why the list does not follow the log just now; undefined while it does. */
  problem: () => string | undefined;
  /** Called after every change of the list; returns what ends it. */
  onCommit: (listener: (changes: Changes) => void) => () => void;
  counters: ProjectorCounters;
  stop: () => Promise<void>;
};

/** Before the log is followed again after it could not be. */
const AGAIN_MS = 5_000;

/**
 * For who reads a log that another process writes, or one of a log's partitions. Resolves when the list is the log's.
 * @param cache an empty one, for who has to hand it out before
 * @throws RollcallError those of the log
 */
export const startFold = async (
  log: EventLog,
  world: World,
  warn: (line: string) => void,
  cache = createMemoryCache(),
): Promise<Fold> => {
  cache.swap(await replayOpen(log));
  const stopping = new AbortController();
  const { signal } = stopping;
  const counters = createCounters();
  const listeners = new Set<(changes: Changes) => void>();
  let problem: string | undefined;

  const committed = (changes: Changes): void => {
    problem = undefined;
    for (const listener of listeners) listener(changes);
  };
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await runProjector({ log, cache, signal, counters, committed });
      } catch (error) {
        problem = errorLine(error);
        warn(`The list does not follow the log: ${problem}`);
        await world.scheduler.sleep(AGAIN_MS, signal);
      }
    }
  };
  const running = follow();
  return {
    cache,
    problem: () => problem,
    onCommit: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    counters,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
