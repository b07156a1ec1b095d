import { type Position, position, START } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { addChecksum, eventChecksum, labelOf } from './checksum.ts';
import { COLUMNS, type EventRow, PAGE } from './event-rows.ts';
import { EXPORT_VERSION, endLine, eventLine, headerLine, kindMembers, streamMembers } from './export-format.ts';
import type { Kinds } from './kinds.ts';
import { logDamaged } from './log-errors.ts';
import type { LogRow } from './log-format.ts';
import type { ReadingPlaces } from './reading-places.ts';
import { openStreamNames } from './stream-names.ts';
import { turn } from './subscription.ts';

export type ExportOptions = {
  /** Only what follows this position: a part, which can be restored behind the part before it. */
  from?: Position;
  /** Up to and including this position; default: the head at the time of the call. */
  to?: Position;
};

type OpenExportOptions = {
  db: Database.Database;
  path: string;
  kinds: Kinds;
  places: ReadingPlaces;
  logRow: () => LogRow;
  head: () => Position;
  /** Runs each use of the file. */
  use: <T>(work: () => T) => T;
};

/** The log as text in UTF-8, in chunks of whole lines. */
export const openExport = ({ db, path, kinds, places, logRow, head, use }: OpenExportOptions) => {
  const pageAfter = db
    .prepare<[number, number], EventRow>(
      `SELECT ${COLUMNS} FROM events WHERE position > ? AND position <= ? ORDER BY position LIMIT ${PAGE}`,
    )
    .raw();

  const openPages = () => {
    const streams = openStreamNames(db, ({ name, pbx }) => ({
      label: labelOf(name, pbx),
      members: streamMembers(name, pbx),
    }));
    const membersOf = new Map<number, string>();
    const total = { events: 0, checksums: 0 };

    const lineOf = ([at, number, revision, kindNumber, time, recorded, id, text]: EventRow): string => {
      const stream = streams.of(number);
      if (!stream) throw logDamaged(path, `the event at position ${at} is of a stream that is missing`);
      const kind = kinds.of(kindNumber, at);
      const members = membersOf.get(kindNumber) ?? kindMembers(kind);
      membersOf.set(kindNumber, members);
      const event = { position: at, revision, time, recorded, id, text };
      total.events += 1;
      total.checksums = addChecksum(total.checksums, eventChecksum(event, stream.label, kind.label));
      return eventLine(event, stream.members, members);
    };

    const page = db.transaction((after: number, to: number): { lines: Buffer; last: number } | undefined => {
      const rows = pageAfter.all(after, to);
      const last = rows.at(-1)?.[0];
      if (last === undefined) return undefined;
      streams.begun(after, last);
      let lines = '';
      for (const row of rows) lines += lineOf(row);
      return { lines: Buffer.from(lines), last };
    });
    return { page, total };
  };

  return async function* ({ from = START, to }: ExportOptions = {}): AsyncGenerator<Buffer> {
    const end = use(() => to ?? head());
    const place = use(() => places.enter(from));
    try {
      const { page, total } = openPages();
      const { id, created, compacted } = use(logRow);
      const part = from === START ? {} : { compactedTo: compacted };
      yield Buffer.from(headerLine({ rollcallLog: EXPORT_VERSION, id, created, from, ...part }));
      for (let after = from; ; ) {
        const next = use(() => {
          const found = page(after, end);
          place.check();
          return found;
        });
        if (!next) break;
        after = position(next.last);
        place.moveTo(after);
        yield next.lines;
        await turn();
      }
      yield Buffer.from(endLine({ ...total, compactedTo: use(logRow).compacted }));
    } finally {
      place.leave();
    }
  };
};
