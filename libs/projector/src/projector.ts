import type { RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import type { Changes, StateCache } from '@rollcall/state-cache';
import { applyAll, type ProjectorCounters, type StreamReader } from './apply-all.ts';
import { createStep } from './step.ts';
import type { Turnstile } from './turnstile.ts';

/**
 * Folds one batch of the log into the cache: skips duplicates, fills gaps from the log, sets a stream aside where an event
 * cannot be taken, commits both indexes and the checkpoint together.
 * @throws RollcallError LOG_GAP when the log itself lacks an event
 */
export const project = async (
  log: StreamReader,
  cache: StateCache,
  batch: readonly RecordedEvent[],
  counters: ProjectorCounters,
): Promise<Changes | undefined> => {
  const last = batch.at(-1);
  const fresh = batch.filter((event) => event.position > cache.checkpoint);
  counters.duplicates += batch.length - fresh.length;
  if (last === undefined || fresh.length === 0) return undefined;
  const step = createStep(cache);
  await applyAll(log, step, fresh, counters);
  const changes = step.changes(last.position);
  cache.commit(changes);
  return changes;
};

/**
 * Tries again every event that was refused: a version that can read it has come, or the log was mended. Says which streams go
 * on. The cache stays at its checkpoint.
 */
export const retryQuarantine = async (
  log: StreamReader,
  cache: StateCache,
  counters: ProjectorCounters,
  streams: Iterable<string> = [...cache.quarantine()].map(({ stream }) => stream),
): Promise<{ released: string[]; changes: Changes | undefined }> => {
  const step = createStep(cache);
  const released: string[] = [];
  for (const stream of streams) {
    const held = cache.quarantined(stream);
    if (!held) continue;
    step.retry(stream);
    for await (const batch of log.readStream(stream, held.revision)) {
      const due = batch.filter(({ position }) => position <= cache.checkpoint);
      await applyAll(log, step, due, counters);
    }
    if (step.quarantined(stream)?.revision !== held.revision) released.push(stream);
  }
  if (released.length === 0) return { released, changes: undefined };
  const changes = step.changes(cache.checkpoint);
  cache.commit(changes);
  return { released, changes };
};

/** Keeps the cache up with the log until `signal` aborts; `committed` runs after each commit. */
export const runProjector = async (options: {
  log: EventLog;
  cache: StateCache;
  signal: AbortSignal;
  counters: ProjectorCounters;
  /** Shared with a rebuild, which swaps generations between two batches. */
  turnstile?: Turnstile;
  committed?: (changes: Changes) => void;
}): Promise<void> => {
  const { log, cache, signal, counters, committed, turnstile = (work) => work() } = options;
  for await (const batch of log.subscribe(cache.checkpoint, signal)) {
    await turnstile(async () => {
      const changes = await project(log, cache, batch, counters);
      if (changes) committed?.(changes);
    });
  }
};
