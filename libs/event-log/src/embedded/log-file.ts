import { accessSync, closeSync, constants, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';
import { logDamaged, logError } from './log-errors.ts';
import { bringUp, checkIsLog, type LogIdentity, makeTables } from './log-format.ts';
import { renameDurably } from './rename-durably.ts';

/** How long to wait for another program's lock, such as that of an operator's sqlite3 shell. */
const BUSY_MS = 2_000;

const newIdentity = ({ clock, random }: World): LogIdentity => ({
  id: random.uuid(),
  created: new Date(clock.now()).toISOString(),
});

export type LogFileOptions = {
  path: string;
  mode: 'write' | 'read';
  world: World;
  /** The file grows no further than this, in bytes; appends then fail with LOG_FULL. */
  maxBytes?: number;
  /** What a new log is to be, where it is a copy of another. */
  identity?: LogIdentity;
};

/** Makes a new log whole before it gets its name: an empty file of that name is damage, never a beginning. */
const create = (path: string, identity: LogIdentity): void => {
  const unfinished = `${path}.new`;
  for (const file of [unfinished, `${unfinished}-journal`]) rmSync(file, { force: true });
  closeSync(openSync(unfinished, 'wx', 0o600));
  const db = new Database(unfinished);
  try {
    makeTables(db, identity);
  } finally {
    db.close();
  }
  renameDurably(unfinished, path);
};

export const pageSizeOf = (db: Database.Database): number => Number(db.pragma('page_size', { simple: true }));

/** The size of a file with nothing beside it that could mend it; undefined where something is. */
const sizeAlone = (path: string): number | undefined => {
  const beside = ['-wal', '-journal'].some((suffix) => existsSync(path + suffix));
  return beside ? undefined : statSync(path).size;
};

/**
 * Opens the log's file, durable: a commit has reached the disk when it returns. In mode `write` a file that is not there is made.
 * @throws RollcallError LOG_DAMAGED, LOG_FORMAT_UNKNOWN, LOG_READ_ONLY, LOG_FULL, LOG_IO, LOG_MISSING, LOG_NOT_CLOSED (mode `read`)
 */
export const openLogFile = ({ path, mode, world, maxBytes, identity }: LogFileOptions): Database.Database => {
  let db: Database.Database | undefined;
  try {
    if (!existsSync(path)) {
      if (mode === 'read') {
        throw new RollcallError(
          'LOG_MISSING',
          `There is no event log ${path}.`,
          'Name the data directory of the Rollcall that is meant: --data DIR, or ROLLCALL_CONFIG with its settings file.',
        );
      }
      create(path, identity ?? newIdentity(world));
    }
    const size = sizeAlone(path);
    db = new Database(path, { fileMustExist: true, readonly: mode === 'read', timeout: BUSY_MS });
    checkIsLog(db, path);
    if (size !== undefined && size % pageSizeOf(db) > 0) throw logDamaged(path, 'it ends within a page');
    if (mode === 'write') {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      // macOS empties the drive's own cache only when told so.
      db.pragma('fullfsync = ON');
      db.pragma('checkpoint_fullfsync = ON');
      bringUp(db);
      if (maxBytes !== undefined) {
        db.pragma(`max_page_count = ${Math.ceil(maxBytes / pageSizeOf(db))}`);
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
