import { closeSync, existsSync, openSync, rmSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { RollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';
import { logError } from './log-errors.ts';
import { pageSizeOf } from './log-file.ts';
import { renameDurably } from './rename-durably.ts';
import { openSnapshot } from './snapshot.ts';

/** Pages copied in one turn: a millisecond or so. */
const PAGES = 256;

export type BackupOptions = {
  /** The file to make; it becomes the `events.db` of a data directory. */
  to: string;
  /** Gives it up; nothing of it is left. */
  signal?: AbortSignal;
  progress?: (progress: { bytes: number; total: number }) => void;
};

const failed = (code: string, message: string, advice: string, cause?: unknown): RollcallError =>
  new RollcallError(code, message, advice, { cause });

const checkTarget = (to: string, bytes: number): void => {
  if (existsSync(to)) {
    throw failed('BACKUP_EXISTS', `There is a file ${to} already.`, 'Name another file, or remove that one.');
  }
  let room: number;
  try {
    const { bavail, bsize } = statfsSync(dirname(to));
    room = bavail * bsize;
  } catch (error) {
    const message = `${dirname(to)} cannot be used: ${error instanceof Error ? error.message : error}.`;
    throw failed('BACKUP_FAILED', message, 'Name a file in a directory that is there.', error);
  }
  if (room < bytes) {
    throw failed(
      'BACKUP_NO_ROOM',
      `${to} would take ${bytes} bytes; there is room for ${room}.`,
      'Make room on that disk, or name a file on another.',
    );
  }
};

/** In one file, as a closed log is, so that it can be read where nothing can be written. */
const closeCopy = (path: string): void => {
  const copy = new Database(path);
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
};

/**
 * Copies the log as it is at this moment into a file, whatever is written meanwhile, here or by another process: the copy is of a
 * snapshot, so that no writer can make it begin anew. The file has its name only once it is whole and on the disk.
 * @throws RollcallError BACKUP_EXISTS, BACKUP_NO_ROOM, BACKUP_STOPPED, BACKUP_FAILED, LOG_DAMAGED, LOG_IO
 */
export const backUp = async (path: string, { to, signal, progress }: BackupOptions): Promise<{ bytes: number }> => {
  const target = resolve(to);
  const unfinished = `${target}.unfinished`;
  let source: Database.Database | undefined;
  try {
    source = openSnapshot(path);
    const pageSize = pageSizeOf(source);
    const total = Number(source.pragma('page_count', { simple: true })) * pageSize;
    checkTarget(target, total);
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(unfinished + suffix, { force: true });
    closeSync(openSync(unfinished, 'wx', 0o600));
    await source.backup(unfinished, {
      progress: ({ remainingPages }) => {
        if (signal?.aborted) throw failed('BACKUP_STOPPED', `The backup ${to} was stopped.`, 'Nothing of it is left.');
        progress?.({ bytes: total - remainingPages * pageSize, total });
        return PAGES;
      },
    });
    closeCopy(unfinished);
    renameDurably(unfinished, target);
    progress?.({ bytes: total, total });
    return { bytes: total };
  } catch (error) {
    if (error instanceof RollcallError) throw error;
    const known = logError(path, error);
    if (known instanceof RollcallError && known.code === 'LOG_DAMAGED') throw known;
    const message = `The backup ${to} could not be made: ${error instanceof Error ? error.message : error}.`;
    throw failed('BACKUP_FAILED', message, 'Check the disk and the permissions there, and try again.', error);
  } finally {
    source?.close();
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(unfinished + suffix, { force: true });
  }
};
