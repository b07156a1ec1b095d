import { type DomainEvent, position, type RecordedEvent, readEvent, revision, unreadable } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import type { Kind, Kinds } from './kinds.ts';
import { logDamaged, logError } from './log-errors.ts';
import { openStreamNames, type StreamRow } from './stream-names.ts';

/**
 * Events handed over at once: enough that the cost of a query is not felt (four times as many are no faster), few enough that a page,
 * with the fold of it, keeps other work of this process waiting for two or three milliseconds at most.
 */
export const PAGE = 250;

export type EventRow = [
  position: number,
  stream: number,
  revision: number,
  kind: number,
  time: number,
  recorded: number,
  id: string,
  data: string,
];

export const COLUMNS = 'position, stream, revision, kind, time, recorded, id, data';

export type EventRows = {
  /** At most one page of what lies after `after`, up to and including `to`; empty at the end. */
  after(after: number, to: number): RecordedEvent[];
  /** At most one page of a stream from revision `from` on, up to and including position `to`; empty at its end. */
  ofStream(stream: number, from: number, to: number): RecordedEvent[];
};

/**
 * `trust`: the data of an event that this version knows was checked when it was written, and checking it again would double the
 * time of a replay. False where others can write too.
 */
export const openEventRows = (db: Database.Database, path: string, kinds: Kinds, trust = true): EventRows => {
  const names = openStreamNames(db, (row) => row);
  const pageAfter = db
    .prepare<number[], EventRow>(
      `SELECT ${COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ${PAGE}`,
    )
    .raw();
  const pageOfStream = db
    .prepare<number[], EventRow>(
      `SELECT ${COLUMNS} FROM events WHERE stream = ? AND revision >= ? AND position <= ? ORDER BY revision LIMIT ${PAGE}`,
    )
    .raw();

  const nameOf = (stream: number, at: number): StreamRow => {
    const row = names.of(stream);
    if (!row) throw logDamaged(path, `the event at position ${at} is of a stream that is missing`);
    return row;
  };

  const contentOf = ({ type, schema, current }: Kind, text: string): Pick<RecordedEvent, 'type' | 'data'> => {
    try {
      const data: unknown = JSON.parse(text);
      return current && trust ? ({ type, data } as DomainEvent) : readEvent({ type, data }, schema);
    } catch (error) {
      return unreadable(type, text, `its data is not JSON: ${error instanceof Error ? error.message : error}`);
    }
  };

  const decode = (row: EventRow): RecordedEvent => {
    const kind = kinds.of(row[3], row[0]);
    const { name, pbx } = nameOf(row[1], row[0]);
    const { type, data } = contentOf(kind, row[7]);
    return {
      type,
      data,
      id: row[6],
      time: row[4],
      pbx,
      boot: kind.boot,
      source: kind.source,
      schema: kind.schema,
      stream: name,
      revision: revision(row[2]),
      position: position(row[0]),
      recorded: row[5],
    } as RecordedEvent;
  };

  // A page and the names of its streams are read as of one moment: another process may drop streams meanwhile.
  const asOfOneMoment = db.transaction((read: () => RecordedEvent[]): RecordedEvent[] => read());
  const typed = (read: () => RecordedEvent[]): RecordedEvent[] => {
    try {
      return asOfOneMoment(read);
    } catch (error) {
      throw logError(path, error);
    }
  };

  return {
    after: (after, to) =>
      typed(() => {
        const rows = pageAfter.all(after, to);
        const last = rows.at(-1);
        if (last) names.begun(after, last[0]);
        return rows.map(decode);
      }),
    ofStream: (stream, from, to) => typed(() => pageOfStream.all(stream, from, to).map(decode)),
  };
};
