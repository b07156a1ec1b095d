import type { NewEvent, Position, RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';

/** An event as whoever appended it knew it. */
export const asAppended = (recorded: RecordedEvent): NewEvent => {
  if (recorded.type === 'Unreadable') throw new Error(`Nobody appended ${JSON.stringify(recorded)}`);
  const { stream: _, revision: __, position: ___, recorded: ____, ...event } = recorded;
  return event;
};

export const collect = async (batches: AsyncIterable<RecordedEvent[]>): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
};

export type Reader = {
  /** Resolves once so many events have come; fails when the subscription ends before. */
  has(count: number): Promise<void>;
  count(): number;
  /** Aborts the subscription; all that came. */
  stop(): Promise<RecordedEvent[]>;
  ended: Promise<void>;
};

/** Subscribes and gathers; `work` is what it does with each batch before it takes the next. */
export const reader = (log: EventLog, after: Position, work?: () => Promise<void>): Reader => {
  const controller = new AbortController();
  const events: RecordedEvent[] = [];
  let look = (): void => {};
  const read = async (): Promise<void> => {
    for await (const batch of log.subscribe(after, controller.signal)) {
      events.push(...batch);
      look();
      await work?.();
    }
  };
  const ended = read();
  ended.catch(() => {});
  return {
    has: (count) =>
      Promise.race([
        new Promise<void>((resolve) => {
          look = () => {
            if (events.length >= count) resolve();
          };
          look();
        }),
        ended.then(() => {
          if (events.length < count)
            throw new Error(`The subscription ended after ${events.length} of ${count} events`);
        }),
      ]),
    count: () => events.length,
    stop: async () => {
      controller.abort();
      await ended;
      return events;
    },
    ended,
  };
};
