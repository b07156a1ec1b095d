import { revision } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { addChecksum, eventChecksum, labelOf, SUM_MODULUS } from './checksum.ts';
import type { KindOf, Kinds } from './kinds.ts';
import type { Head } from './stream-heads.ts';

/** What is written of an event beside its data. */
export type EventToWrite = KindOf & { id: string; time: number; pbx: string };

/** `recorded`: milliseconds since 1970. `text`: the event's data, encoded. */
export type Placing = { position: number; recorded: number; text: string };

export type EventInserter = {
  /** Writes the next event of a stream that stands at `head` (undefined: it begins) into the open transaction; where it stands then. */
  insert(name: string, head: Head | undefined, event: EventToWrite, placing: Placing): Head;
  /** Checksum of the event inserted last. */
  checksum(): number;
  /** The last thing before a commit: what the log says of all its events. */
  seal(): void;
  /** Call when a transaction begins; the result takes back what is remembered of it, should it not come to be. */
  begin(): () => void;
};

export type EventInserterOptions = {
  db: Database.Database;
  kinds: Kinds;
  terminal: (type: string) => boolean;
};

export const openEventInserter = ({ db, kinds, terminal }: EventInserterOptions): EventInserter => {
  const insertStream = db.prepare('INSERT INTO streams (id, name, pbx) VALUES (?, ?, ?)');
  const setClosed = db.prepare('UPDATE streams SET closed = ? WHERE id = ?');
  const insertEvent = db.prepare(
    `INSERT INTO events (position, stream, revision, kind, time, recorded, id, data, checksum)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const clockStepped = db.prepare('INSERT INTO clock_steps (position) VALUES (?)');
  const addToTotals = db.prepare(
    `UPDATE log SET events = events + ?, checksums = (checksums + ?) & ${SUM_MODULUS - 1}`,
  );

  let lastRecorded =
    db.prepare<[], number>('SELECT recorded FROM events ORDER BY position DESC LIMIT 1').pluck().get() ??
    Number.NEGATIVE_INFINITY;
  let written = { events: 0, checksums: 0 };
  let checksum = 0;

  const begun = (name: string, pbx: string, position: number): Head => {
    insertStream.run(position, name, pbx);
    return { stream: position, pbx, revision: revision(-1), closed: false, label: labelOf(name, pbx) };
  };

  return {
    insert: (name, head, event, { position, recorded, text }) => {
      const { id, time, type } = event;
      if (!Number.isFinite(time)) throw new TypeError(`its time is ${time}`);
      if (recorded < lastRecorded) clockStepped.run(position);
      lastRecorded = recorded;
      const { stream, pbx, revision: before, closed: wasClosed, label } = head ?? begun(name, event.pbx, position);
      const at = revision(before + 1);
      const kind = kinds.ofNew(event);
      checksum = eventChecksum({ position, revision: at, time, recorded, id, text }, label, kind.label);
      insertEvent.run(position, stream, at, kind.id, time, recorded, id, text, checksum);
      written.events += 1;
      written.checksums = addChecksum(written.checksums, checksum);
      const closed = terminal(type);
      if (closed || wasClosed) setClosed.run(closed ? position : null, stream);
      return { stream, pbx, revision: at, closed, label };
    },
    checksum: () => checksum,
    seal: () => {
      if (written.events > 0) addToTotals.run(written.events, written.checksums);
      written = { events: 0, checksums: 0 };
    },
    begin: () => {
      const before = { lastRecorded, written: { ...written } };
      return () => {
        ({ lastRecorded, written } = before);
      };
    },
  };
};
