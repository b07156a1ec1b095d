import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isTerminal, type Position, position } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type Database from 'better-sqlite3';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import type { ExportEnd, ExportHeader } from './export-format.ts';
import { importGap, importInvalid, importOfOtherLog } from './import-errors.ts';
import { logError } from './log-errors.ts';
import { closeLogFile, openLogFile } from './log-file.ts';
import { openLogRow } from './log-format.ts';
import { readHeader, readLine } from './read-export.ts';
import { type NumberedEvent, openRestoreWriter, type RestoreWriter } from './restore-writer.ts';
import { turn } from './subscription.ts';

/** Events in one transaction. */
const BATCH = 5_000;

export type RestoreOptions = {
  /** The data directory; made if need be. */
  dir: string;
  /** The lines of an export, header and end included, without line ends: see exportLines. */
  lines: AsyncIterable<string>;
  world: World;
  /** The directory's lock, where the caller holds it already. */
  lock?: DataDirLock;
  /** Ends it early, without an error: what has been taken by then is kept. */
  signal?: AbortSignal;
  /** Called after each transaction. */
  progress?: (progress: { position: Position; events: number; written: number }) => void;
  terminal?: (type: string) => boolean;
};

export type Restored = {
  id: string;
  /** Events in the export as far as it was read; `written`: those that the log did not have yet. */
  events: number;
  written: number;
  /** Whether the export's end was reached: without it there may have been more. */
  complete: boolean;
};

const idOf = (path: string, world: World): string => {
  const db = openLogFile({ path, mode: 'read', world });
  try {
    return openLogRow(db, path)().id;
  } finally {
    db.close();
  }
};

const open = (path: string, { id, created }: ExportHeader, world: World): Database.Database => {
  if (existsSync(path)) {
    const there = idOf(path, world);
    if (there !== id) throw importOfOtherLog(path, there, id);
  }
  return openLogFile({ path, mode: 'write', world, identity: { id, created } });
};

const checkFollows = ({ from, compactedTo = 0 }: ExportHeader, head: number): void => {
  if (from > head) throw importGap(from, `there is nothing up to there: the log here ends at ${head}`);
  if (from > 0 && compactedTo > from) {
    throw importGap(from, `the log had been compacted up to ${compactedTo}, so that the ends of streams are missing`);
  }
};

type End = { line: number; end: ExportEnd['rollcallLogEnd'] };

/** In batches; what stood before a line that cannot be taken is a batch too. */
async function* read(
  lines: AsyncIterator<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<NumberedEvent[] | End> {
  let batch: NumberedEvent[] = [];
  let end: End | undefined;
  let problem: unknown;
  try {
    for (let line = 2; !signal?.aborted; line += 1) {
      const next = await lines.next();
      if (next.done) break;
      if (end) throw importInvalid(line, undefined, 'it stands behind the end');
      const found = readLine(next.value, line);
      if ('end' in found) end = { line, end: found.end };
      else batch.push({ line, ...found });
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    problem = error;
  }
  if (batch.length > 0) yield batch;
  if (problem) throw problem;
  if (end) yield end;
}

/** What remains once every event is there: the end's word on them. */
const finish = (db: Database.Database, writer: RestoreWriter, { line, end }: End): void => {
  for (const total of ['events', 'checksums'] as const) {
    if (writer.taken[total] === end[total]) continue;
    const what = `it is ${end[total]}, and by the lines before ${writer.taken[total]}: one was changed, left out or added`;
    throw importInvalid(line, `rollcallLogEnd.${total}`, what);
  }
  // Of a log that has gone on since, the export knows less.
  if (writer.head() === writer.reached()) db.prepare('UPDATE log SET compacted = ?').run(end.compactedTo);
};

/**
 * Makes a log from its export: the same identity, places, times and ids, so that its export is the same text again. Stopped,
 * however that came, it goes on when it is called again: what is there already is compared. A part of a log goes on from the part
 * before it.
 * @throws RollcallError IMPORT_INVALID, IMPORT_UNREADABLE, IMPORT_FORMAT_UNKNOWN, IMPORT_OTHER_LOG, IMPORT_DIFFERS, IMPORT_GAP,
 *   and those of openEmbeddedLog
 */
export const restoreLog = async (options: RestoreOptions): Promise<Restored> => {
  const { dir, world, signal, progress, terminal = isTerminal } = options;
  const path = join(dir, 'events.db');
  const lines = options.lines[Symbol.asyncIterator]();
  let ownLock: DataDirLock | undefined;
  let db: Database.Database | undefined;
  try {
    const first = await lines.next();
    const header = readHeader(first.done ? undefined : first.value);
    ownLock = options.lock ? undefined : lockDataDir(dir, world.clock);
    db = open(path, header, world);
    const writer = openRestoreWriter({ db, path, from: header.from, terminal });
    checkFollows(header, writer.head());
    const restored: Restored = { id: header.id, events: 0, written: 0, complete: false };
    for await (const part of read(lines, signal)) {
      if (Array.isArray(part)) restored.written += writer.take(part);
      else finish(db, writer, part);
      restored.complete = !Array.isArray(part);
      restored.events = writer.taken.events;
      progress?.({ position: position(writer.reached()), events: restored.events, written: restored.written });
      await turn();
    }
    return restored;
  } catch (error) {
    throw logError(path, error);
  } finally {
    if (db) closeLogFile(db, 'write');
    ownLock?.release();
    await lines.return?.();
  }
};
