import { revision } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import type { Append, EventToWrite } from '../embedded/write-append.ts';

type Row = EventToWrite & { data: string };

export type RawStream = {
  /** At most `limit` events of a stream from revision `from` on, as one append, with their data as it was written. */
  from(stream: string, from: number, limit: number): Append | undefined;
  /** Names of the streams that begin so. */
  named(prefix: string): string[];
};

/** Streams as they stand, whether this version can read their events or not. */
export const openRawStream = (db: Database.Database): RawStream => {
  const rows = db.prepare<[string, number, number], Row>(
    `SELECT events.id, kinds.type, events.time, streams.pbx, kinds.boot, kinds.source, kinds.schema, events.data
     FROM streams JOIN events ON events.stream = streams.id JOIN kinds ON kinds.id = events.kind
     WHERE streams.name = ? AND events.revision >= ? ORDER BY events.revision LIMIT ?`,
  );
  const named = db.prepare<[string, string], string>('SELECT name FROM streams WHERE name >= ? AND name < ?').pluck();
  return {
    from: (stream, from, limit) => {
      const found = rows.all(stream, from, limit);
      if (found.length === 0) return undefined;
      const events = found.map(({ data: _, ...event }) => event);
      const expected = from === 0 ? 'none' : revision(from - 1);
      return { stream, expected, events, texts: found.map(({ data }) => data) };
    },
    named: (prefix) => named.all(prefix, `${prefix}\u{10ffff}`),
  };
};
