import { type NewEvent, revision } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import { type EventLog, WrongExpectedRevision } from '@rollcall/event-log';
import { backoff } from './backoff.ts';

export type OutboxOptions = {
  log: EventLog;
  world: World;
  signal: AbortSignal;
  /** The log cannot be written just now; undefined: it can again. The events wait and are tried again as they are. */
  stalled: (error: Error | undefined) => void;
};

/**
 * Decided events on their way to the log: those of one stream together, streams in the order in which they were decided.
 * `flush` appends all of them, concurrently, so that they share one durable commit.
 */
export const createOutbox = ({ log, world, signal, stalled }: OutboxOptions) => {
  const pending = new Map<string, { head: number; events: NewEvent[] }>();

  const append = async (stream: string, head: number, events: NewEvent[]): Promise<'done' | 'conflict'> => {
    for (let attempt = 0; ; attempt++) {
      try {
        await log.append(stream, head < 0 ? 'none' : revision(head), events);
        if (attempt > 0) stalled(undefined);
        return 'done';
      } catch (error) {
        if (error instanceof WrongExpectedRevision) return 'conflict';
        if (signal.aborted || isRollcallError(error, 'LOG_CLOSED')) throw error;
        stalled(error instanceof Error ? error : new Error(String(error)));
        await world.scheduler.sleep(backoff(attempt, world.random), signal);
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
    /** Resolves when everything is durable; names the streams on which another writer was first. */
    flush: async (): Promise<string[]> => {
      const batch = [...pending];
      pending.clear();
      const conflicts: string[] = [];
      await Promise.all(
        batch.map(async ([stream, { head, events }]) => {
          if ((await append(stream, head, events)) === 'conflict') conflicts.push(stream);
        }),
      );
      return conflicts;
    },
  };
};
