import { type NewEvent, revision } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { appendFailure } from './append-failure.ts';
import { backoff } from './backoff.ts';
import type { IngestLog } from './ingest-log.ts';

export type OutboxOptions = {
  log: IngestLog;
  world: World;
  signal: AbortSignal;
  /**
   * The log cannot be written just now: told once for each reason. The events wait and are tried again as they are.
   * Undefined: everything that waited is written.
   */
  stalled: (error: Error | undefined) => void;
};

/**
 * Decided events on their way to the log: those of one stream together, streams in the order in which they were decided.
 * `flush` appends all of them, concurrently, so that they share one durable commit.
 */
export const createOutbox = ({ log, world, signal, stalled }: OutboxOptions) => {
  const pending = new Map<string, { head: number; events: NewEvent[] }>();
  const waiting = new Set<string>();
  let told: string | undefined;

  const wait = async (stream: string, error: Error, attempt: number): Promise<void> => {
    waiting.add(stream);
    if (told !== error.message) stalled(error);
    told = error.message;
    await world.scheduler.sleep(backoff(attempt, world.random), signal);
  };

  const waitsNoLonger = (stream: string): void => {
    if (!waiting.delete(stream) || waiting.size > 0) return;
    told = undefined;
    stalled(undefined);
  };

  /** One that is too large is done in halves, down to the single event. */
  const append = async (stream: string, head: number, events: NewEvent[]): Promise<Outcome> => {
    for (let attempt = 0; ; attempt++) {
      try {
        await log.append(stream, head < 0 ? 'none' : revision(head), events);
        waitsNoLonger(stream);
        return 'done';
      } catch (error) {
        const failure = appendFailure(error);
        if (failure === 'closed' || (failure === 'away' && signal.aborted)) throw error;
        const reason = error instanceof Error ? error : new Error(String(error));
        if (failure === 'away') {
          await wait(stream, reason, attempt);
          continue;
        }
        waitsNoLonger(stream);
        if (failure === 'conflict') return 'conflict';
        if (failure === 'refused' || events.length < 2) return { refused: reason, events: events.length };
        const half = Math.ceil(events.length / 2);
        const first = await append(stream, head, events.slice(0, half));
        return first === 'done' ? append(stream, head + half, events.slice(half)) : first;
      }
    }
  };

  return {
    /** `head`: revision of the stream before the first event that is added to it here, -1 for a new stream. */
    add: (stream: string, head: number, events: NewEvent[]): void => {
      const waiting = pending.get(stream);
      if (waiting) waiting.events.push(...events);
      else pending.set(stream, { head, events: [...events] });
    },
    /** Resolves when everything is durable that ever can be. */
    flush: async (): Promise<Flushed> => {
      const batch = [...pending];
      pending.clear();
      const flushed: Flushed = { conflicts: [], refused: new Map() };
      await Promise.all(
        batch.map(async ([stream, { head, events }]) => {
          const outcome = await append(stream, head, events);
          if (outcome === 'conflict') flushed.conflicts.push(stream);
          else if (outcome !== 'done') flushed.refused.set(stream, outcome);
        }),
      );
      return flushed;
    },
  };
};

/** The log will never take it. `events`: how many of them were not written for it. */
export type Refused = { refused: Error; events: number };

type Outcome = 'done' | 'conflict' | Refused;

export type Flushed = {
  /** Streams on which another writer was first. */
  conflicts: string[];
  refused: Map<string, Refused>;
};
