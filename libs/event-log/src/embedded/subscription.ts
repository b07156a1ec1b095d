import type { Position, RecordedEvent } from '@rollcall/channel';
import type { Scheduler } from '@rollcall/clock';
import { PAGE } from './event-rows.ts';
import { recentEvents } from './recent-events.ts';

/** How often a process that only reads looks for what another wrote, in milliseconds. */
const POLL_MS = 100;

/** What a subscription follows. */
export type Feed = {
  /** Position of the last event that is there. */
  head(): Position;
  /** At most a page of the events after a position, up to and including another. */
  page(after: Position, to: Position): RecordedEvent[];
  /** Resolves when there may be more, and at the latest when `signal` aborts. */
  more(signal: AbortSignal): Promise<void>;
  /** Ends every wait. */
  wake(): void;
  /** Events have been dropped: what is kept in memory would be at odds with the file. */
  dropped(): void;
  /** A subscription begins; the result ends it. */
  join(): () => void;
};

/** Together as many events as one commit holds: whoever follows keeps up with whoever appends. */
const PAGES_A_TURN = 4;

type ReadPage = (after: number, to: number) => RecordedEvent[];

/** Lets everything else that waits have its turn: a replay of a long log must not keep appends and sockets waiting. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Whatever follows `after`, without end. The place of the last event handed over is the only state, so between the log's past
 * and what is appended now there is no seam at which an event could be lost or doubled.
 */
export async function* follow(feed: Feed, after: Position, signal: AbortSignal): AsyncGenerator<RecordedEvent[]> {
  let place = after;
  let pages = 0;
  while (!signal.aborted) {
    const head = feed.head();
    if (place >= head) {
      await feed.more(signal);
      continue;
    }
    const batch = feed.page(place, head);
    const last = batch.at(-1);
    if (last) yield batch;
    place = last?.position ?? head;
    if (batch.length === PAGE && ++pages % PAGES_A_TURN === 0) await turn();
  }
}

/** Waits in the process that writes: woken by each commit, and fed from memory while it keeps up. */
export const commitFeed = (
  read: ReadPage,
  head: () => Position,
): Feed & { committed(events: Iterable<RecordedEvent>): void } => {
  const waiting = new Set<() => void>();
  const recent = recentEvents();
  let subscribers = 0;
  const wake = (): void => {
    for (const done of [...waiting]) done();
  };
  return {
    head,
    page: (after, to) => recent.after(after, PAGE) ?? read(after, to),
    more: (signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        waiting.add(done);
        signal.addEventListener('abort', done, { once: true });
      }),
    wake,
    dropped: () => recent.reset(head()),
    join: () => {
      if (subscribers === 0) recent.reset(head());
      subscribers += 1;
      return () => {
        subscribers -= 1;
      };
    },
    committed: (events) => {
      if (subscribers > 0) recent.add(events);
      wake();
    },
  };
};

/** Waits in a process that only reads: SQLite tells nobody of another process's commits. */
export const pollFeed = (read: ReadPage, head: () => Position, scheduler: Scheduler): Feed => {
  const closing = new AbortController();
  return {
    head,
    page: read,
    more: (signal) => scheduler.sleep(POLL_MS, AbortSignal.any([signal, closing.signal])),
    wake: () => closing.abort(),
    dropped: () => {},
    join: () => () => {},
  };
};
