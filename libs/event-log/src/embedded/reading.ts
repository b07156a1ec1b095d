import type { Position, RecordedEvent, Revision } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { type EventRows, PAGE } from './event-rows.ts';
import type { StreamHeads } from './stream-heads.ts';
import { type Feed, follow, turn } from './subscription.ts';

export type Reading = {
  readStream(stream: string, from?: Revision): AsyncGenerator<RecordedEvent[]>;
  readAll(after: Position, to: Position): AsyncGenerator<RecordedEvent[]>;
  readOpen(at: Position): AsyncGenerator<RecordedEvent[]>;
  subscribe(after: Position, signal: AbortSignal): AsyncGenerator<RecordedEvent[]>;
};

export type ReadingOptions = {
  db: Database.Database;
  rows: EventRows;
  heads: StreamHeads;
  feed: Feed;
  /** Runs each use of the file. */
  use: <T>(work: () => T) => T;
};

/** Every page is one finished query: a reader that stops in the middle holds nothing open, and others get a turn between pages. */
export const openReading = ({ db, rows, heads, feed, use }: ReadingOptions): Reading => {
  // A stream that is over now, but ended after that position, was open then. Their numbers are found at once: an index
  // entry moves when its stream closes, so paging through it could miss or repeat one.
  const openAt = db
    .prepare<[Position, Position, Position], number>(
      `SELECT id FROM streams WHERE closed IS NULL AND id <= ?
       UNION ALL SELECT id FROM streams WHERE closed > ? AND id <= ?`,
    )
    .pluck();

  async function* ofStream(stream: number, from: number, to: number): AsyncGenerator<RecordedEvent[]> {
    for (let next = from; ; ) {
      const page = use(() => rows.ofStream(stream, next, to));
      const last = page.at(-1);
      if (last) yield page;
      if (!last || page.length < PAGE) return;
      next = last.revision + 1;
      await turn();
    }
  }

  return {
    async *readStream(stream, from) {
      const head = use(() => heads.of(stream));
      if (head) yield* ofStream(head.stream, from ?? 0, Number.MAX_SAFE_INTEGER);
    },

    async *readAll(after, to) {
      for (let place = after; ; ) {
        const page = use(() => rows.after(place, to));
        const last = page.at(-1);
        if (!last) return;
        yield page;
        place = last.position;
        await turn();
      }
    },

    async *readOpen(at) {
      let batch: RecordedEvent[] = [];
      for (const stream of use(() => openAt.all(at, at, at))) {
        for await (const page of ofStream(stream, 0, at)) {
          batch.push(...page);
          if (batch.length < PAGE) continue;
          yield batch;
          batch = [];
          await turn();
        }
      }
      if (batch.length > 0) yield batch;
    },

    async *subscribe(after, signal) {
      const leave = use(feed.join);
      try {
        yield* follow(
          { ...feed, head: () => use(feed.head), page: (from, to) => use(() => feed.page(from, to)) },
          after,
          signal,
        );
      } finally {
        leave();
      }
    },
  };
};
