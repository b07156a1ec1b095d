import type { Position } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { createCounters, project } from '@rollcall/projector';
import { type CacheReader, createMemoryCache } from '@rollcall/state-cache';

/** Somewhere on the way through the log where the fold is looked at; `position` is not beyond the log's end. */
export type Stop = { position: Position; look: (fold: CacheReader) => void | Promise<void> };

/** Folds every event of the log once, from its beginning to the last stop. */
export const foldThrough = async (
  log: EventLog,
  stops: readonly Stop[],
  on: { progress: (position: Position, events: number) => void; breathe: () => Promise<void> },
): Promise<void> => {
  const cache = createMemoryCache();
  const counters = createCounters();
  let events = 0;
  for (const { position, look } of stops.toSorted((a, b) => a.position - b.position)) {
    for await (const batch of log.readAll(cache.checkpoint, position)) {
      await project(log, cache, batch, counters);
      events += batch.length;
      on.progress(cache.checkpoint, events);
      await on.breathe();
    }
    // The event there may have been dropped since, with a channel that was over.
    cache.commit({ puts: new Map(), removals: [], pbxs: [], quarantine: new Map(), checkpoint: position });
    await look(cache);
  }
};
