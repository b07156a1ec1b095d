import type Database from 'better-sqlite3';
import { addChecksum, eventChecksum, labelOf } from './checksum.ts';
import { COLUMNS, type EventRow, PAGE } from './event-rows.ts';
import type { ExportedEvent } from './export-format.ts';
import { importDiffers, importInvalid } from './import-errors.ts';
import { openEventInserter } from './insert-event.ts';
import { openKinds } from './kinds.ts';
import { openStreamHeads } from './stream-heads.ts';
import { openStreamNames } from './stream-names.ts';

export type NumberedEvent = { line: number; event: ExportedEvent; text: string };

export type RestoreWriter = {
  /** Position of the last event in the file, and of the last that was taken. */
  head(): number;
  reached(): number;
  /**
   * Writes those that the file does not have yet, in one transaction, and compares the others with what it has. The good ones before
   * a bad one are kept. How many were written.
   * @throws RollcallError IMPORT_INVALID, IMPORT_DIFFERS
   */
  take(events: readonly NumberedEvent[]): number;
  /** How many events were taken, and the sum of their checksums. */
  readonly taken: { events: number; checksums: number };
};

export type RestoreWriterOptions = {
  db: Database.Database;
  path: string;
  /** What the export begins behind. */
  from: number;
  terminal: (type: string) => boolean;
};

export const openRestoreWriter = ({ db, path, from, terminal }: RestoreWriterOptions): RestoreWriter => {
  const kinds = openKinds(db, path);
  const heads = openStreamHeads(db, true);
  const inserter = openEventInserter({ db, kinds, terminal });
  const names = openStreamNames(db, (row) => row);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const compactedHere = db.prepare<[number]>('UPDATE log SET compacted = max(compacted, ?)');
  const pageAfter = db
    .prepare<[number], EventRow>(`SELECT ${COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ${PAGE}`)
    .raw();
  let head = db.prepare<[], number | null>('SELECT max(position) FROM events').pluck().get() ?? 0;
  let before = from;
  const taken = { events: 0, checksums: 0 };

  function* thereAlready(): Generator<EventRow> {
    for (let after = from; ; ) {
      const rows = pageAfter.all(after);
      const last = rows.at(-1);
      if (!last) return;
      names.begun(after, last[0]);
      yield* rows;
      after = last[0];
    }
  }
  const there = thereAlready();

  const compare = ({ line, event, text }: NumberedEvent): void => {
    const row = there.next().value;
    const kind = row && kinds.of(row[3], row[0]);
    const stream = row && names.of(row[1]);
    const found = row && {
      position: row[0],
      stream: stream?.name,
      pbx: stream?.pbx,
      revision: row[2],
      type: kind?.type,
      boot: kind?.boot,
      source: kind?.source,
      schema: kind?.schema,
      time: row[4],
      recorded: row[5],
      id: row[6],
      text: row[7],
    };
    const wanted: Record<string, unknown> = { ...event, text };
    const fields = Object.entries(found ?? { position: undefined })
      .filter(([field, value]) => wanted[field] !== value)
      .map(([field, value]) => `${field} is ${JSON.stringify(value)}`);
    if (fields.length > 0) throw importDiffers(path, line, event.position, fields.join(', '));
  };

  const checksumOf = ({ event, text }: NumberedEvent): number => {
    const { position, revision, time, recorded, id, stream, pbx, type, boot, source, schema } = event;
    const said = { position, revision, time, recorded, id, text };
    return eventChecksum(said, labelOf(stream, pbx), labelOf(type, boot, source, schema));
  };

  const add = ({ line, event, text }: NumberedEvent): void => {
    const stream = heads.of(event.stream);
    const next = (stream?.revision ?? -1) + 1;
    if (event.revision !== next) throw importInvalid(line, 'revision', `the stream is at ${next - 1}: ${next} is next`);
    if (stream && event.pbx !== stream.pbx) throw importInvalid(line, 'pbx', `the stream is of PBX ${stream.pbx}`);
    const placing = { position: event.position, recorded: event.recorded, text };
    heads.moved(event.stream, inserter.insert(event.stream, stream, event, placing));
  };

  const takeOne = (one: NumberedEvent): boolean => {
    const { line, event } = one;
    if (event.position <= before) throw importInvalid(line, 'position', `the line before it is at ${before}`);
    const fresh = event.position > head;
    if (fresh) add(one);
    else compare(one);
    before = event.position;
    taken.events += 1;
    taken.checksums = addChecksum(taken.checksums, fresh ? inserter.checksum() : checksumOf(one));
    return fresh;
  };

  return {
    head: () => head,
    reached: () => before,
    taken,
    take: (events) => {
      let written = 0;
      let problem: unknown;
      begin.run();
      try {
        for (const one of events) {
          try {
            if (takeOne(one)) written += 1;
          } catch (error) {
            problem = error;
            break;
          }
        }
        inserter.seal();
        // Until the end says how far it was: what follows may be missing.
        if (written > 0) compactedHere.run(before);
        commit.run();
      } catch (error) {
        if (db.inTransaction) rollback.run();
        throw error;
      }
      if (written > 0) head = Math.max(head, before);
      if (problem) throw problem;
      return written;
    },
  };
};
