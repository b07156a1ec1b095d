import { RollcallError } from '@rollcall/errors';
import type Database from 'better-sqlite3';
import { logDamaged } from './log-errors.ts';

/** 'RCLL': what the file(1) tool and SQLite's application_id say of an event log. */
const APPLICATION_ID = 0x52434c4c;

/** 2: checksums of events, their count and sum, and how far the log was compacted. */
export const FORMAT = 2;

/**
 * A stream is numbered by the position of its first event, so the streams that began within a range of the log are a
 * range too. `closed`: the position of its terminal event, NULL while it is open. A kind is what many events have in common.
 * Positions are given by the writer: one above the highest that ever was, also when the newest rows have been deleted.
 * `checksum`: NULL for an event that was written in format 1. `log.events` and `log.checksums` are the count of all events and
 * the sum of their checksums modulo 2^48: what every commit leaves.
 */
const TABLES = `
  CREATE TABLE log (
    id TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    compacted INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    checksums INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pbx TEXT NOT NULL,
    closed INTEGER
  );
  CREATE INDEX streams_closed ON streams (closed);
  CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    boot INTEGER NOT NULL,
    source TEXT NOT NULL,
    schema INTEGER NOT NULL,
    UNIQUE (type, boot, source, schema)
  );
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    time NUMERIC NOT NULL,
    recorded NUMERIC NOT NULL,
    id TEXT NOT NULL,
    data TEXT NOT NULL,
    checksum INTEGER,
    UNIQUE (stream, revision)
  );
  CREATE TRIGGER positions_are_never_reused AFTER DELETE ON events
  WHEN OLD.position > coalesce((SELECT max(position) FROM events), 0)
  BEGIN
    UPDATE log SET deleted = max(deleted, OLD.position);
  END;
  CREATE TABLE clock_steps (
    position INTEGER PRIMARY KEY
  );
  CREATE VIEW event_log AS
    SELECT
      events.position,
      streams.name AS stream,
      events.revision,
      kinds.type,
      strftime('%Y-%m-%dT%H:%M:%fZ', events.time / 1000.0, 'unixepoch') AS time,
      strftime('%Y-%m-%dT%H:%M:%fZ', events.recorded / 1000.0, 'unixepoch') AS recorded,
      streams.pbx,
      kinds.boot,
      kinds.source,
      kinds.schema,
      events.id,
      events.data
    FROM events
    JOIN streams ON streams.id = events.stream
    JOIN kinds ON kinds.id = events.kind;
`;

/** Which log this is. `created`: ISO 8601. */
export type LogIdentity = { id: string; created: string };

export const makeTables = (db: Database.Database, { id, created }: LogIdentity): void => {
  // So that room given back by a compaction can be given back to the disk too; it must be said before the first table.
  db.pragma('auto_vacuum = INCREMENTAL');
  db.exec(TABLES);
  db.prepare('INSERT INTO log (id, created) VALUES (?, ?)').run(id, created);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${FORMAT}`);
};

export const formatOf = (db: Database.Database): number => Number(db.pragma('user_version', { simple: true }));

/** @throws RollcallError LOG_DAMAGED, LOG_FORMAT_UNKNOWN */
export const checkIsLog = (db: Database.Database, path: string): void => {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw logDamaged(path, 'it is not an event log of Rollcall');
  }
  const format = formatOf(db);
  if (format > FORMAT) {
    throw new RollcallError(
      'LOG_FORMAT_UNKNOWN',
      `The event log ${path} has format ${format}; this Rollcall knows formats up to ${FORMAT}.`,
      'Run the version of Rollcall that wrote it, or a newer one.',
    );
  }
  const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')`).pluck().all();
  for (const table of ['log', 'streams', 'kinds', 'events', 'clock_steps']) {
    if (!tables.includes(table)) throw logDamaged(path, `table ${table} is missing`);
  }
};

/** The last logs of format 1 had `compacted` already. */
const columnsOfLog = (db: Database.Database): string[] =>
  db.prepare<[], string>(`SELECT name FROM pragma_table_info('log')`).pluck().all();

/**
 * Brings the file of an older version up to FORMAT, wholly or not at all. Its events stay without checksums. Other processes
 * may go on reading it meanwhile and afterwards.
 */
export const bringUp = (db: Database.Database): void => {
  if (formatOf(db) === FORMAT) return;
  const steps = db.transaction(() => {
    const columns = columnsOfLog(db);
    for (const column of ['compacted', 'events', 'checksums']) {
      if (!columns.includes(column)) db.exec(`ALTER TABLE log ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
    }
    db.exec('ALTER TABLE events ADD COLUMN checksum INTEGER');
    db.exec('UPDATE log SET events = (SELECT count(*) FROM events)');
    db.pragma(`user_version = ${FORMAT}`);
  });
  steps.immediate();
};

/** What a file says of itself; a file of format 1 says less. */
export type LogRow = LogIdentity & {
  deleted: number;
  compacted: number;
  /** Undefined in format 1. */
  events: number | undefined;
  checksums: number | undefined;
};

/** Reads that row as it is now. @throws RollcallError LOG_DAMAGED when it is missing */
export const openLogRow = (db: Database.Database, path: string): (() => LogRow) => {
  const all = db.prepare<[], Partial<LogRow> & LogIdentity & { deleted: number }>('SELECT * FROM log');
  return () => {
    const row = all.get();
    if (!row) throw logDamaged(path, 'its identity is missing');
    return { compacted: 0, events: undefined, checksums: undefined, ...row };
  };
};
