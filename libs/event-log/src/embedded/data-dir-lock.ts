import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';
import { makeDirectory } from './make-directory.ts';

/** Held until released, or until this process is gone, however it ends. */
export type DataDirLock = { readonly dir: string; release(): void };

/** A database nobody refers to is closed when garbage is collected, and its lock with it. */
const keptOpen = new Set<Database.Database>();

const readOnly = (dir: string, cause: unknown): RollcallError =>
  new RollcallError(
    'DATA_DIR_READ_ONLY',
    `The data directory ${dir} cannot be written.`,
    'Give this user the directory, mount the disk writable, or name another directory in the settings.',
    { cause },
  );

/** Undefined where the holder could not leave its name, or is just about to. */
const holderOf = (file: string): string | undefined => {
  try {
    const { pid, command, since }: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
    return `process ${pid} (${command}) since ${since}`;
  } catch {
    return undefined;
  }
};

const inUse = (dir: string, holderFile: string): RollcallError => {
  const holder = holderOf(holderFile) ?? 'another process';
  return new RollcallError(
    'DATA_DIR_IN_USE',
    `The data directory ${dir} is in use by ${holder}.`,
    'Stop that process, or give this one another directory. Reading needs no lock.',
  );
};

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const dirError = (dir: string, error: unknown): unknown => {
  const code = errorCode(error);
  if (/^(EACCES|EPERM|EROFS|SQLITE_READONLY.*|SQLITE_CANTOPEN.*)$/.test(code)) return readOnly(dir, error);
  if (/^(EEXIST|ENOTDIR)$/.test(code)) {
    return new RollcallError('DATA_DIR_INVALID', `${dir} is not a directory.`, 'Name a directory in the settings.', {
      cause: error,
    });
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new RollcallError(
      'DATA_DIR_INVALID',
      `The file "lock" in the data directory ${dir} is not Rollcall's.`,
      'If no Rollcall runs on this directory, delete that file.',
      { cause: error },
    );
  }
  return new RollcallError(
    'DATA_DIR_INVALID',
    `The data directory ${dir} cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
    'Check the disk, or name another directory in the settings.',
    { cause: error },
  );
};

/** Program and subcommand only: options may hold secrets. */
const command = (): string =>
  process.argv
    .slice(1, 3)
    .filter((word) => !word.startsWith('-'))
    .join(' ') || process.title;

/**
 * Claims a data directory for this process, the only one that may write there; makes the directory (mode 0700) if need be.
 * The lock is one of the operating system, on the file `lock`: it never outlives its process.
 * @throws RollcallError DATA_DIR_IN_USE naming the other process, DATA_DIR_READ_ONLY, DATA_DIR_INVALID
 */
export const lockDataDir = (dir: string, clock: Clock): DataDirLock => {
  const holderFile = join(dir, 'lock.json');
  let db: Database.Database | undefined;
  try {
    makeDirectory(dir);
    db = new Database(join(dir, 'lock'), { timeout: 0 });
    // Nothing is ever written to the file, so that the lock needs no room on a full disk.
    db.pragma('journal_mode = MEMORY');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (errorCode(error).startsWith('SQLITE_BUSY')) throw inUse(dir, holderFile);
    throw dirError(dir, error);
  }
  const held = db;
  const release = (): void => {
    keptOpen.delete(held);
    held.close();
  };
  keptOpen.add(held);
  try {
    chmodSync(join(dir, 'lock'), 0o600);
    const holder = { pid: process.pid, command: command(), since: new Date(clock.now()).toISOString() };
    writeFileSync(holderFile, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  } catch (error) {
    // The name is for people; without room for it the lock holds all the same.
    if (errorCode(error) !== 'ENOSPC') {
      release();
      throw dirError(dir, error);
    }
  }
  return {
    dir,
    release: () => {
      if (!held.open) return;
      try {
        rmSync(holderFile, { force: true });
      } finally {
        release();
      }
    },
  };
};
