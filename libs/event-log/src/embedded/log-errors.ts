import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { RollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';

const NEARLY_NOTHING = 256 * 1024;

export const logClosed = (path: string): RollcallError =>
  new RollcallError('LOG_CLOSED', `The event log ${path} is closed.`, 'Open it again.');

export const logReadOnly = (path: string, cause?: unknown): RollcallError =>
  new RollcallError(
    'LOG_READ_ONLY',
    `The event log ${path} cannot be written.`,
    'Open it for writing; if it was, check that the directory and the files in it belong to this user and that the disk is not mounted read-only.',
    { cause },
  );

export const logDamaged = (path: string, what: string, cause?: unknown): RollcallError =>
  new RollcallError(
    'LOG_DAMAGED',
    `The event log ${path} is damaged: ${what}.`,
    'Restore it from a backup, or stop Rollcall, set this file and those beginning with its name aside, and start afresh: ' +
      'live channels are found again, history is not.',
    { cause },
  );

export const logCompacted = (path: string, place: number): RollcallError =>
  new RollcallError(
    'LOG_COMPACTED',
    `The event log ${path} was compacted while it was read: what ended after position ${place} may be missing.`,
    'Read it again.',
  );

const logFull = (path: string, cause: unknown): RollcallError =>
  new RollcallError(
    'LOG_FULL',
    `There is no room for the event log ${path}; nothing of this append was kept.`,
    'Make room on that disk; appending goes on as soon as there is some.',
    { cause },
  );

/** The append itself is at fault, so the others of its commit may well succeed without it. */
export const isOfOneAppend = (error: unknown): boolean =>
  !(error instanceof Database.SqliteError) || /^SQLITE_(CONSTRAINT_NOTNULL|TOOBIG|MISMATCH)/.test(error.code);

export const eventInvalid = (stream: string, cause: unknown): RollcallError =>
  new RollcallError(
    'EVENT_INVALID',
    `An event for stream ${stream} cannot be stored: ${cause instanceof Error ? cause.message : String(cause)}.`,
    'This is a mistake in the program that appends.',
    { cause },
  );

const diskIsFull = (path: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < NEARLY_NOTHING;
  } catch {
    return false;
  }
};

/** What SQLite says, as an error of the log. Anything else, such as a mistake in this code, comes back as it is. */
export const logError = (path: string, error: unknown): unknown => {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === 'SQLITE_FULL') return logFull(path, error);
  if (code === 'SQLITE_READONLY_DBMOVED') return logDamaged(path, 'it was moved or deleted while in use', error);
  if (code.startsWith('SQLITE_READONLY')) return logReadOnly(path, error);
  if (code === 'SQLITE_NOTADB') return logDamaged(path, 'it is not a database', error);
  if (/^SQLITE_(CORRUPT|CONSTRAINT)/.test(code)) return logDamaged(path, error.message, error);
  if (code.startsWith('SQLITE_BUSY')) {
    return new RollcallError(
      'LOG_BUSY',
      `Another program holds the event log ${path} locked.`,
      'End its transaction or close it; a sqlite3 shell is the usual one.',
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN')) {
    // Some ways to run out of room reach SQLite as a plain I/O error, such as growing the shared memory file.
    if (diskIsFull(path)) return logFull(path, error);
    return new RollcallError(
      'LOG_IO',
      `The event log ${path} cannot be read or written (${code}: ${error.message}).`,
      'Check the disk, the permissions of the directory and its files, and the limit on open files.',
      { cause: error },
    );
  }
  return error;
};
