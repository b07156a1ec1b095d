import { type NewEvent, revision } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import { type EventLog, WrongExpectedRevision } from '@rollcall/event-log';
import { backoff } from './backoff.ts';

export type OutboxOptions = {
  log: EventLog;
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

  const append = async (stream: string, head: number, events: NewEvent[]): Promise<'done' | 'conflict'> => {
    for (let attempt = 0; ; attempt++) {
      try {
        await log.append(stream, head < 0 ? 'none' : revision(head), events);
        waitsNoLonger(stream);
        return 'done';
      } catch (error) {
        if (error instanceof WrongExpectedRevision) {
          waitsNoLonger(stream);
          return 'conflict';
        }
        if (signal.aborted || isRollcallError(error, 'LOG_CLOSED')) throw error;
        await wait(stream, error instanceof Error ? error : new Error(String(error)), attempt);
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
