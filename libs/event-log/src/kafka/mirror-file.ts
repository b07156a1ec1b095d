import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import type Database from 'better-sqlite3';
import { closeLogFile, openLogFile } from '../embedded/log-file.ts';
import { makeDirectory } from '../embedded/make-directory.ts';

/**
 * How far a mirror has read its partition. `partitions`: how many the log was made of, 0 before its first record; `next`: the
 * offset to go on from; `lastOffset`, `lastId`: the last record of this log that was read, by which it is known that the
 * partition is still the one it was.
 */
export type MirrorState = {
  topic: string;
  partition: number;
  partitions: number;
  next: number;
  lastOffset: number;
  lastId: string;
};

const TABLE = `
  CREATE TABLE mirror (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    partitions INTEGER NOT NULL,
    next INTEGER NOT NULL,
    lastOffset INTEGER NOT NULL,
    lastId TEXT NOT NULL
  )`;

export type MirrorFile = {
  path: string;
  db: Database.Database;
  state: MirrorState;
  /** Belongs into a transaction. */
  save(state: MirrorState): void;
  close(): void;
};

export type MirrorFileOptions = {
  /** The mirror of partition 3 is `partition-3/events.db` in it: a log that the embedded log's readers can read too. */
  dir: string;
  topic: string;
  partition: number;
  world: World;
  /** Told, in one line, why a mirror is read again. */
  warn: (line: string) => void;
};

const create = (path: string, { topic, partition, world }: MirrorFileOptions): void => {
  const db = openLogFile({ path, mode: 'write', world });
  db.exec(TABLE);
  db.prepare('INSERT INTO mirror VALUES (?, ?, 0, 0, -1, ?)').run(topic, partition, '');
  closeLogFile(db, 'write');
};

/** Undefined where the file is not the mirror of that partition, or not as a mirror leaves it. */
const stateIn = (db: Database.Database, { topic, partition }: MirrorFileOptions): MirrorState | undefined => {
  const isMirror = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'mirror'`).get();
  if (!isMirror) return undefined;
  const row = db.prepare<[], MirrorState>('SELECT * FROM mirror').get();
  const highest = db.prepare<[], number | null>('SELECT max(position) FROM events').pluck().get() ?? 0;
  if (row?.topic !== topic || row.partition !== partition || highest > row.next) return undefined;
  return row;
};

const openExisting = (path: string, options: MirrorFileOptions): MirrorFile | undefined => {
  const db = openLogFile({ path, mode: 'write', world: options.world });
  try {
    const state = stateIn(db, options);
    if (!state) {
      db.close();
      return undefined;
    }
    // What the last moments before a power cut lack is read again from the topic.
    db.pragma('synchronous = NORMAL');
    const update = db.prepare('UPDATE mirror SET partitions = ?, next = ?, lastOffset = ?, lastId = ?');
    return {
      path,
      db,
      state,
      save: ({ partitions, next, lastOffset, lastId }) => update.run(partitions, next, lastOffset, lastId),
      close: () => closeLogFile(db, 'write'),
    };
  } catch (error) {
    db.close();
    throw error;
  }
};

const SET_ASIDE = '.set-aside';

/** One is kept: it may hold what the topic no longer does. */
const setAside = (path: string): void => {
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    rmSync(`${path}${SET_ASIDE}${suffix}`, { force: true });
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${path}${SET_ASIDE}${suffix}`);
  }
};

export const mirrorDir = ({ dir, partition }: Pick<MirrorFileOptions, 'dir' | 'partition'>): string =>
  join(dir, `partition-${partition}`);

const pathOf = (options: MirrorFileOptions): string => join(mirrorDir(options), 'events.db');

/** Sets the mirror aside and begins with an empty one. */
export const beginAgain = (options: MirrorFileOptions, why: string): MirrorFile => {
  const path = pathOf(options);
  options.warn(`The local copy ${path} is set aside as ${path}${SET_ASIDE}, and the topic is read again. ${why}`);
  setAside(path);
  create(path, options);
  const file = openExisting(path, options);
  if (!file) throw new Error(`${path} could not be made`);
  return file;
};

/**
 * A partition as this process has read it, in a file of the embedded log's form. In doubt it is set aside and read again.
 * @throws RollcallError LOG_READ_ONLY, LOG_FULL, LOG_IO, LOG_BUSY
 */
export const openMirrorFile = (options: MirrorFileOptions): MirrorFile => {
  const path = pathOf(options);
  makeDirectory(dirname(path));
  if (!existsSync(path)) create(path, options);
  try {
    return openExisting(path, options) ?? beginAgain(options, 'It is not as a mirror of this partition is left.');
  } catch (error) {
    if (!isRollcallError(error, 'LOG_DAMAGED') && !isRollcallError(error, 'LOG_FORMAT_UNKNOWN')) throw error;
    return beginAgain(options, error.message);
  }
};
