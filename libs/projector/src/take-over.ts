import type { Position } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { type Changes, type Difference, differences, indexDifferences, type StateCache } from '@rollcall/state-cache';
import { createCounters } from './apply-all.ts';
import { project } from './projector.ts';
import { catchUp } from './replay.ts';
import { sameList } from './same-list.ts';

export type TakeOver = {
  log: EventLog;
  /** The generation that readers have; afterwards it holds what `next` held. */
  live: StateCache;
  /** Nowhere beyond the log's end; afterwards it holds what readers had. */
  next: StateCache;
  /** Gives way to whatever else waits; the projector alone waits for the end. */
  breathe?: () => Promise<void>;
  /** Asked once `next` is where `live` is: the last chance to leave everything as it is, by throwing. */
  check?: () => void;
  /** Told, in the step in which it takes over, what `live` had otherwise. */
  swapped?: (differences: Difference[]) => void;
  /** Told of each change of `live` that follows. */
  committed?: (changes: Changes) => void;
};

/**
 * The new generation takes over at the old one's own position: nobody's reading goes back in time, and whoever follows the
 * changes misses none. To be run in the projector's turnstile.
 */
export const takeOver = async (options: TakeOver): Promise<Difference[]> => {
  const { log, live, next, check, swapped, committed, breathe = async () => {} } = options;
  await catchUp(log, next, earlier(live.checkpoint, await log.head()));
  // Looked at in slices: to name the differences, where there are any, takes a step without pause.
  const same = live.checkpoint === next.checkpoint && (await sameList(next, live, breathe));
  await breathe();
  check?.();
  const found = same ? [...indexDifferences(live)] : differences(next, live);
  live.swap(next);
  swapped?.(found);
  // Where the old generation's checkpoint was wrong, the projector's feed may be further on already.
  const counters = createCounters();
  for await (const batch of log.readAll(live.checkpoint)) {
    const changes = await project(log, live, batch, counters);
    if (changes) committed?.(changes);
  }
  return found;
};

export const earlier = (a: Position, b: Position): Position => (a < b ? a : b);
