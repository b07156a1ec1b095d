import type { Position } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { createMemoryCache, type Difference, differences, type StateCache } from '@rollcall/state-cache';
import { applyAll, createCounters } from './apply-all.ts';
import { project } from './projector.ts';
import { createStep } from './step.ts';

/** fold(log): a fresh cache from every event up to and including `to` (default: the head). */
export const replay = async (
  log: EventLog,
  to?: Position,
  progress?: (position: Position) => void,
): Promise<StateCache> => {
  const cache = createMemoryCache();
  await catchUp(log, cache, to ?? (await log.head()), progress);
  return cache;
};

/**
 * Brings a cache from its checkpoint to `to`, or to the log's end where that comes first: also where retention has dropped the
 * very event at `to`.
 */
export const catchUp = async (
  log: EventLog,
  cache: StateCache,
  to: Position,
  progress?: (position: Position) => void,
): Promise<void> => {
  const counters = createCounters();
  const head = await log.head();
  const end = to < head ? to : head;
  for await (const batch of log.readAll(cache.checkpoint, end)) {
    await project(log, cache, batch, counters);
    progress?.(cache.checkpoint);
  }
  if (cache.checkpoint < end) cache.commit(createStep(cache).changes(end));
};

/** The same cache as `replay` gives, from the streams that are open at `at` alone: what is over leaves nothing. */
export const replayOpen = async (
  log: EventLog,
  at?: Position,
  /** Gives way to whatever else waits, between two batches. */
  breathe?: () => Promise<void>,
): Promise<StateCache> => {
  const to = at ?? (await log.head());
  const cache = createMemoryCache();
  const step = createStep(cache);
  const counters = createCounters();
  for await (const batch of log.readOpen(to)) {
    await applyAll(log, step, batch, counters);
    await breathe?.();
  }
  cache.commit(step.changes(to));
  return cache;
};

export type Verification = { position: Position; channels: number; differences: Difference[] };

/** Promise 2: is `cache` what the log says at its checkpoint? */
export const verify = async (
  log: EventLog,
  cache: StateCache,
  progress?: (position: Position) => void,
): Promise<Verification> => {
  const expected = await replay(log, cache.checkpoint, progress);
  return { position: cache.checkpoint, channels: expected.size, differences: differences(expected, cache) };
};
