import { type RecordedEvent, revision } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { Changes, StateCache } from '@rollcall/state-cache';
import { createStep } from './step.ts';

export type ProjectorCounters = { applied: number; duplicates: number; gaps: number };

export const createCounters = (): ProjectorCounters => ({ applied: 0, duplicates: 0, gaps: 0 });

/**
 * Folds one batch of the log into the cache: skips duplicates, fills gaps from the log, commits both indexes and the
 * checkpoint together.
 * @throws RollcallError LOG_GAP when the log itself lacks an event
 */
export const project = async (
  log: Pick<EventLog, 'readStream'>,
  cache: StateCache,
  batch: readonly RecordedEvent[],
  counters: ProjectorCounters,
): Promise<Changes | undefined> => {
  const last = batch.at(-1);
  if (last === undefined || last.position <= cache.checkpoint) {
    counters.duplicates += batch.length;
    return undefined;
  }
  const step = createStep(cache);
  for (const event of batch) {
    if (event.position <= cache.checkpoint) {
      counters.duplicates++;
      continue;
    }
    const applied = step.apply(event);
    if (applied === 'applied') counters.applied++;
    else if (applied === 'duplicate') counters.duplicates++;
    else {
      counters.gaps++;
      await fillGap(log, step, event);
    }
  }
  const changes = step.changes(last.position);
  cache.commit(changes);
  return changes;
};

/** Reads what is missing before `event`, and the event itself, from its stream; what comes after it is not yet due. */
const fillGap = async (
  log: Pick<EventLog, 'readStream'>,
  step: ReturnType<typeof createStep>,
  event: RecordedEvent,
): Promise<void> => {
  const from = step.next(event);
  for await (const missing of log.readStream(event.stream, revision(from))) {
    for (const one of missing) {
      if (one.revision > event.revision) return;
      if (step.apply(one) === 'gap') throw gap(event, step.next(one));
      if (one.revision === event.revision) return;
    }
  }
  throw gap(event, from);
};

const gap = (event: RecordedEvent, from: number) =>
  new RollcallError(
    'LOG_GAP',
    `Stream ${event.stream} lacks revision ${from} before position ${event.position}.`,
    'The log is damaged: restore a backup of the data directory.',
  );

/** Keeps the cache up with the log until `signal` aborts; `committed` runs after each commit. */
export const runProjector = async (options: {
  log: EventLog;
  cache: StateCache;
  signal: AbortSignal;
  counters: ProjectorCounters;
  committed?: (changes: Changes) => void;
}): Promise<void> => {
  const { log, cache, signal, counters, committed } = options;
  for await (const batch of log.subscribe(cache.checkpoint, signal)) {
    const changes = await project(log, cache, batch, counters);
    if (changes) committed?.(changes);
  }
};
