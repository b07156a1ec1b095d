import { type Position, position, START } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { checkEvents, type EventsSeen, isUnreadable } from './check-events.ts';
import { checkStreams } from './check-streams.ts';
import type { Finding } from './finding.ts';
import { logError } from './log-errors.ts';
import { type LogRow, openLogRow } from './log-format.ts';
import { openSnapshot } from './snapshot.ts';

export type CheckProgress = {
  /** How far the events have been checked, and how far they will be. */
  position: Position;
  head: Position;
  /** Events checked so far; `unchecked` of them were written before there were checksums. */
  events: number;
  unchecked: number;
};

export type CheckOptions = {
  signal?: AbortSignal;
  /** Called after each page of events, and at the end. */
  progress?: (progress: CheckProgress) => void;
  /**
   * Lets SQLite check its pages and indexes too. The process stands still while it does, about a second for a million events: not
   * where anything else waits.
   */
  structure?: boolean;
};

function* checkTotals({ events, checksums }: LogRow, seen: EventsSeen): Generator<Finding> {
  if (seen.skipped || events === undefined || checksums === undefined) return;
  if (events !== seen.events) {
    yield { what: 'count', detail: `${events} events were written and not dropped; there are ${seen.events}` };
  }
  if (checksums !== seen.checksums) {
    yield {
      what: 'sum',
      detail: `the checksums of all events add up to ${seen.checksums}, and should to ${checksums}`,
    };
  }
}

function* checkStructure(db: Database.Database): Generator<Finding> {
  const rows = db.prepare<[], string>('PRAGMA integrity_check').pluck().all();
  for (const detail of rows) if (detail !== 'ok') yield { what: 'structure', detail };
}

/** What cannot be read ends a stage, not the check. */
async function* stage(name: string, findings: AsyncIterable<Finding> | Iterable<Finding>): AsyncGenerator<Finding> {
  try {
    yield* findings;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    yield { what: 'unreadable', detail: `the ${name} cannot be read whole: ${error.message}` };
  }
}

/**
 * Everything that can be known of a log from itself, as of one moment: whoever writes meanwhile is not held up. Ends early, without
 * an error, when `signal` aborts.
 * @throws RollcallError LOG_DAMAGED when nothing of it can be read, LOG_IO
 */
export async function* checkLog(
  path: string,
  terminal: (type: string) => boolean,
  { signal, progress, structure = false }: CheckOptions = {},
): AsyncGenerator<Finding> {
  let db: Database.Database | undefined;
  try {
    db = openSnapshot(path);
    const row = openLogRow(db, path)();
    const last = db.prepare<[], number | null>('SELECT max(position) FROM events').pluck().get();
    const head = position(last ?? START);
    const seen: EventsSeen = { events: 0, unchecked: 0, checksums: 0, position: START, skipped: false };
    const tell = (): void => {
      const { events, unchecked } = seen;
      progress?.({ position: seen.position, head, events, unchecked });
    };
    const checksums = row.events !== undefined;
    const stages = {
      events: checkEvents(db, { checksums, head, terminal, seen, onPage: tell, signal }),
      streams: checkStreams(db, signal),
      totals: checkTotals(row, seen),
      file: structure ? checkStructure(db) : [],
    };
    for (const [name, findings] of Object.entries(stages)) {
      yield* stage(name, findings);
      if (signal?.aborted) return;
    }
    tell();
  } catch (error) {
    throw logError(path, error);
  } finally {
    db?.close();
  }
}
