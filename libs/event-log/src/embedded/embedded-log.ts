import { join } from 'node:path';
import { isTerminal, type Position, position, START } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type Database from 'better-sqlite3';
import type { EventLog, StreamHead } from '../event-log.ts';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import { openEventRows } from './event-rows.ts';
import { type GroupCommit, openGroupCommit } from './group-commit.ts';
import { openKinds } from './kinds.ts';
import { logClosed, logError, logReadOnly } from './log-errors.ts';
import { closeLogFile, openLogFile } from './log-file.ts';
import { openLogRow } from './log-format.ts';
import { openPositionAt } from './position-at.ts';
import { openReading } from './reading.ts';
import { heldPlaces, watchedPlaces } from './reading-places.ts';
import { openStreamHeads } from './stream-heads.ts';
import { commitFeed, pollFeed } from './subscription.ts';
import { openUpkeep, type Upkeep } from './upkeep.ts';
import { openAppendWriter } from './write-append.ts';

export type EmbeddedLogOptions = {
  /** The data directory; the log is the file `events.db` in it. */
  dir: string;
  world: World;
  /** `read` follows a log that another process writes; it needs no lock and changes nothing. Default: `write`. */
  mode?: 'write' | 'read';
  /** The directory's lock, where the caller holds it already; without it a writing log takes and releases its own. */
  lock?: DataDirLock;
  /** Event types that close a stream. Default: those of the channel domain. */
  terminal?: (type: string) => boolean;
  /** Appends fail with LOG_FULL rather than let the file grow further, in bytes. Default: as far as the disk goes. */
  maxBytes?: number;
};

export type EmbeddedLog = EventLog &
  Upkeep & {
    /** The file, for messages and for the sqlite3 tool (view `event_log`). */
    readonly path: string;
  };

/**
 * The event log of one machine, in one SQLite file, without a server.
 * @throws RollcallError LOG_DAMAGED, LOG_FORMAT_UNKNOWN, LOG_READ_ONLY, LOG_FULL, LOG_IO, in mode `read` LOG_MISSING and
 *   LOG_NOT_CLOSED, and without a `lock` those of lockDataDir
 */
export const openEmbeddedLog = (options: EmbeddedLogOptions): EmbeddedLog => {
  const { dir, world, mode = 'write', terminal = isTerminal, maxBytes } = options;
  const path = join(dir, 'events.db');
  const ownLock = mode === 'write' && !options.lock ? lockDataDir(dir, world.clock) : undefined;
  let db: Database.Database | undefined;
  try {
    db = openLogFile({ path, mode, world, ...(maxBytes === undefined ? {} : { maxBytes }) });
    const release = () => {
      if (db) closeLogFile(db, mode);
      ownLock?.release();
    };
    return openLog({ db, path, mode, world, terminal, release });
  } catch (error) {
    db?.close();
    ownLock?.release();
    throw logError(path, error);
  }
};

type OpenLog = {
  db: Database.Database;
  path: string;
  mode: 'write' | 'read';
  world: World;
  terminal: (type: string) => boolean;
  release: () => void;
};

const openLog = ({ db, path, mode, world, terminal, release }: OpenLog): EmbeddedLog => {
  let closed: Promise<void> | undefined;
  /** Each use of the file: refused once closed, and what SQLite says in the words of the log. */
  const use = <T>(work: () => T): T => {
    if (closed) throw logClosed(path);
    try {
      return work();
    } catch (error) {
      throw logError(path, error);
    }
  };

  const logRow = openLogRow(db, path);
  const { id } = logRow();
  const kinds = openKinds(db, path);
  const heads = openStreamHeads(db, mode === 'write');
  const positionAt = openPositionAt(db);
  const newest = db.prepare<[], number | null>('SELECT max(position) FROM events').pluck();
  const inFile = (): Position => position(newest.get() ?? START);
  let writing: GroupCommit | undefined;
  const head = (): Position => writing?.head() ?? inFile();
  const rows = openEventRows(db, path, kinds);
  const commits = commitFeed(rows.after, head);
  const feed = mode === 'write' ? commits : pollFeed(rows.after, head, world.scheduler);
  if (mode === 'write') {
    const writer = openAppendWriter({ db, kinds, heads, terminal });
    const onCommit = commits.committed;
    writing = openGroupCommit({ db, path, clock: world.clock, writer, head: inFile(), onCommit });
  }
  const compactedTo = (): Position => position(logRow().compacted);
  const places = mode === 'write' ? heldPlaces() : watchedPlaces(path, compactedTo);
  const reading = openReading({ db, rows, heads, feed, places, use });
  const { clock } = world;
  const upkeep = openUpkeep({
    db,
    path,
    mode,
    clock,
    kinds,
    heads,
    feed,
    places,
    terminal,
    logRow,
    head,
    positionAt,
    use,
  });

  const close = async (): Promise<void> => {
    await writing?.idle();
    feed.wake();
    release();
  };

  return {
    id,
    path,
    ...reading,
    ...upkeep,
    append: (stream, expected, events) => {
      if (closed) return Promise.reject(logClosed(path));
      return writing?.append(stream, expected, events) ?? Promise.reject(logReadOnly(path));
    },
    readAll: (after, to) => reading.readAll(after, to ?? (closed ? START : use(head))),
    readOpen: (at) => reading.readOpen(at ?? (closed ? START : use(head))),
    head: async () => use(head),
    heads: async (streams) =>
      use(() => {
        const found = new Map<string, StreamHead>();
        for (const stream of streams) {
          const at = heads.of(stream);
          if (at) found.set(stream, { revision: at.revision, closed: at.closed });
        }
        return found;
      }),
    compactedTo: async () => use(compactedTo),
    positionAt: async (time) => use(() => positionAt(time)),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
};
