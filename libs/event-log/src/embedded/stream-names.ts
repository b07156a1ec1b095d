import type Database from 'better-sqlite3';
import { boundedMap } from './bounded-map.ts';

const REMEMBERED = 50_000;

/** `closed`: the position of its terminal event, null while it is open; of a stream that is remembered, as it was when it was read. */
export type StreamRow = { id: number; name: string; pbx: string; closed: number | null };

export type StreamNames<T> = {
  /** What is kept of a stream; undefined when there is none of that number. */
  of(stream: number): T | undefined;
  /** Reads at once the streams that began after one position, up to and including another. */
  begun(after: number, to: number): void;
};

/** Who the numbers of streams are; a page of events asks for few that did not begin in it or were not met just before. */
export const openStreamNames = <T>(db: Database.Database, keep: (row: StreamRow) => T): StreamNames<T> => {
  const known = boundedMap<number, T>(REMEMBERED);
  const between = db.prepare<number[], StreamRow>('SELECT id, name, pbx, closed FROM streams WHERE id > ? AND id <= ?');
  const byId = db.prepare<[number], StreamRow>('SELECT id, name, pbx, closed FROM streams WHERE id = ?');
  return {
    of: (stream) => {
      const found = known.get(stream);
      if (found !== undefined) return found;
      const row = byId.get(stream);
      if (!row) return undefined;
      const kept = keep(row);
      known.set(stream, kept);
      return kept;
    },
    begun: (after, to) => {
      for (const row of between.all(after, to)) known.set(row.id, keep(row));
    },
  };
};
