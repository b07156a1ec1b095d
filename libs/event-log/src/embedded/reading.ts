import { type Position, type RecordedEvent, type Revision, START } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { type EventRows, PAGE } from './event-rows.ts';
import type { ReadingPlace, ReadingPlaces } from './reading-places.ts';
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
  places: ReadingPlaces;
  /** Runs each use of the file. */
  use: <T>(work: () => T) => T;
};

/**
 * Every page is one finished query: a reader that stops in the middle holds nothing open, and others get a turn between pages. A
 * compaction meanwhile takes away nothing that a reader has read in part; in a process that only reads, that fails instead.
 */
export const openReading = ({ db, rows, heads, feed, places, use }: ReadingOptions): Reading => {
  // A stream that is over now, but ended after that position, was open then. Their numbers are found at once: an index
  // entry moves when its stream closes, so paging through it could miss or repeat one.
  const openAt = db
    .prepare<[Position, Position, Position], number>(
      `SELECT id FROM streams WHERE closed IS NULL AND id <= ?
       UNION ALL SELECT id FROM streams WHERE closed > ? AND id <= ?`,
    )
    .pluck();

  type Page = () => RecordedEvent[];
  const pageAt = (place: ReadingPlace, read: Page): RecordedEvent[] =>
    use(() => {
      const page = read();
      place.check();
      return page;
    });

  async function* ofStream(
    stream: number,
    from: number,
    to: number,
    at: ReadingPlace,
  ): AsyncGenerator<RecordedEvent[]> {
    for (let next = from; ; ) {
      const page = pageAt(at, () => rows.ofStream(stream, next, to));
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
      if (!head) return;
      const place = places.enter(START);
      try {
        for await (const page of ofStream(head.stream, from ?? 0, Number.MAX_SAFE_INTEGER, place)) {
          place.moveTo(page.at(-1)?.position ?? START);
          yield page;
        }
      } finally {
        place.leave();
      }
    },

    async *readAll(after, to) {
      const place = use(() => places.enter(after));
      try {
        for (let from = after; ; ) {
          const page = pageAt(place, () => rows.after(from, to));
          const last = page.at(-1);
          if (!last) return;
          from = last.position;
          place.moveTo(from);
          yield page;
          await turn();
        }
      } finally {
        place.leave();
      }
    },

    async *readOpen(at) {
      const place = use(() => places.enter(at));
      try {
        let batch: RecordedEvent[] = [];
        for (const stream of use(() => openAt.all(at, at, at))) {
          for await (const page of ofStream(stream, 0, at, place)) {
            batch.push(...page);
            if (batch.length < PAGE) continue;
            yield batch;
            batch = [];
            await turn();
          }
        }
        if (batch.length > 0) yield batch;
      } finally {
        place.leave();
      }
    },

    async *subscribe(after, signal) {
      const leave = use(feed.join);
      const place = use(() => places.enter(after));
      try {
        const page: Feed['page'] = (from, to) => pageAt(place, () => feed.page(from, to));
        for await (const batch of follow({ ...feed, head: () => use(feed.head), page }, after, signal)) {
          place.moveTo(batch.at(-1)?.position ?? after);
          yield batch;
        }
      } finally {
        place.leave();
        leave();
      }
    },
  };
};
