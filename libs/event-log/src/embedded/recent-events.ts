import { type Position, position, type RecordedEvent, START } from '@rollcall/channel';

const KEPT = 4_000;

/**
 * The events committed last, for readers that have caught up. Bounded: who falls behind finds its place no longer covered
 * and reads pages of the log instead.
 */
export type RecentEvents = {
  /** Events after `after`, at most `limit`; undefined when they are no longer, or were never, kept here. */
  after(after: Position, limit: number): RecordedEvent[] | undefined;
  add(events: Iterable<RecordedEvent>): void;
  /** Nothing is kept; what is added next follows `head`. */
  reset(head: Position): void;
};

/** Keeps at least the `kept` events added last and fewer than twice as many. */
export const recentEvents = (kept = KEPT): RecentEvents => {
  let floor = START;
  let events: RecordedEvent[] = [];

  const indexAfter = (after: Position): number => {
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle]?.position ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    after: (after, limit) => {
      if (after < floor) return undefined;
      const from = indexAfter(after);
      return events.slice(from, from + limit);
    },
    add: (added) => {
      for (const event of added) events.push(event);
      if (events.length < 2 * kept) return;
      events = events.slice(-kept);
      floor = position((events[0]?.position ?? 1) - 1);
    },
    reset: (head) => {
      floor = head;
      events = [];
    },
  };
};
