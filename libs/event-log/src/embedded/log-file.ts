import { accessSync, closeSync, constants, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';
import { logDamaged, logError } from './log-errors.ts';

/** 'RCLL': what the file(1) tool and SQLite's application_id say of an event log. */
const APPLICATION_ID = 0x52434c4c;
const FORMAT = 1;

/** How long to wait for another program's lock, such as that of an operator's sqlite3 shell. */
const BUSY_MS = 2_000;

/**
 * A stream is numbered by the position of its first event, so the streams that began within a range of the log are a
 * range too. `closed`: the position of its terminal event, NULL while it is open. A kind is what many events have in common.
 * Positions are given by the writer: one above the highest that ever was, also when the newest rows have been deleted.
 */
const TABLES = `
  CREATE TABLE log (
    id TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    compacted INTEGER NOT NULL DEFAULT 0
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

export type LogFileOptions = {
  path: string;
  mode: 'write' | 'read';
  world: World;
  /** The file grows no further than this, in bytes; appends then fail with LOG_FULL. */
  maxBytes?: number;
};

/** Makes a new log whole before it gets its name: an empty file of that name is damage, never a beginning. */
const create = (path: string, { clock, random }: World): void => {
  const unfinished = `${path}.new`;
  for (const file of [unfinished, `${unfinished}-journal`]) rmSync(file, { force: true });
  closeSync(openSync(unfinished, 'wx', 0o600));
  const db = new Database(unfinished);
  try {
    db.exec(TABLES);
    db.prepare('INSERT INTO log (id, created) VALUES (?, ?)').run(random.uuid(), new Date(clock.now()).toISOString());
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${FORMAT}`);
  } finally {
    db.close();
  }
  renameSync(unfinished, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
};

const checkIsLog = (db: Database.Database, path: string): void => {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw logDamaged(path, 'it is not an event log of Rollcall');
  }
  const format = Number(db.pragma('user_version', { simple: true }));
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

/**
 * Opens the log's file, durable: a commit has reached the disk when it returns. In mode `write` a file that is not there is made.
 * @throws RollcallError LOG_DAMAGED, LOG_FORMAT_UNKNOWN, LOG_READ_ONLY, LOG_FULL, LOG_IO, LOG_MISSING, LOG_NOT_CLOSED (mode `read`)
 */
export const openLogFile = ({ path, mode, world, maxBytes }: LogFileOptions): Database.Database => {
  let db: Database.Database | undefined;
  try {
    if (!existsSync(path)) {
      if (mode === 'read') {
        throw new RollcallError(
          'LOG_MISSING',
          `There is no event log ${path}.`,
          'Check the data directory in the settings.',
        );
      }
      create(path, world);
    }
    db = new Database(path, { fileMustExist: true, readonly: mode === 'read', timeout: BUSY_MS });
    checkIsLog(db, path);
    if (mode === 'write') {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      // macOS empties the drive's own cache only when told so.
      db.pragma('fullfsync = ON');
      db.pragma('checkpoint_fullfsync = ON');
      if (maxBytes !== undefined) {
        const pageSize = Number(db.pragma('page_size', { simple: true }));
        db.pragma(`max_page_count = ${Math.ceil(maxBytes / pageSize)}`);
      }
    }
    return db;
  } catch (error) {
    db?.close();
    throw mode === 'read' && isNotClosed(path, error) ? notClosed(path, error) : logError(path, error);
  }
};

/**
 * Closes the file. A writer leaves everything in this one file, so that it can be copied as it is, and read where nothing can
 * be written; while others read, or without room, what was written last stays beside it until the next writer.
 */
export const closeLogFile = (db: Database.Database, mode: 'write' | 'read'): void => {
  try {
    if (mode === 'write') db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE');
  } catch {
    // It is whole all the same.
  } finally {
    db.close();
  }
};

/** The files beside a log that is in use, or that a killed writer left, cannot be made where nothing can be written. */
const isNotClosed = (path: string, error: unknown): boolean => {
  if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_CANTOPEN')) return false;
  try {
    accessSync(path, constants.R_OK);
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch (problem) {
    return problem instanceof Error && 'path' in problem && problem.path === dirname(path);
  }
};

const notClosed = (path: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_NOT_CLOSED',
    `The event log ${path} was not closed by its last writer, and in a directory that cannot be written it cannot be read.`,
    'Copy the directory to where it can be written, with every file beginning with events.db, and read it there: --data DIR.',
    { cause },
  );
