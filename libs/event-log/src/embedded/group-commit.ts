import {
  type NewEvent,
  type Position,
  position,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
} from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type Database from 'better-sqlite3';
import type { Appended, ExpectedRevision } from '../event-log.ts';
import { eventInvalid, isOfOneAppend, logError } from './log-errors.ts';
import type { Append, AppendWriter, Placed } from './write-append.ts';

/** Events in one commit, unless a single append has more: bounds how long the event loop stands still. */
const COMMIT_SIZE = 1_000;

type NewAppend = Omit<Append, 'events'> & { events: readonly NewEvent[] };

type Waiting = NewAppend & { resolve: (appended: Appended) => void; reject: (error: unknown) => void };

type Outcome = Placed | { error: unknown };

export type GroupCommit = {
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended>;
  /** Position of the last durable event. */
  head(): Position;
  /** Resolves once nothing waits to be committed. */
  idle(): Promise<void>;
};

export type GroupCommitOptions = {
  db: Database.Database;
  path: string;
  clock: Clock;
  writer: AppendWriter;
  /** Position of the last event in the file. */
  head: Position;
  /** Told of every commit that wrote something, once it is durable. */
  onCommit: (events: Iterable<RecordedEvent>) => void;
};

const hasWritten = (outcome: Outcome): boolean => 'recorded' in outcome && outcome.recorded !== undefined;

const appendEmpty = (stream: string): RollcallError =>
  new RollcallError(
    'APPEND_EMPTY',
    `An append to stream ${stream} has no events.`,
    'Append nothing when nothing changed; this is a mistake in the program that appends.',
  );

const schemaUnwritable = ({ id, schema }: NewEvent): RollcallError =>
  new RollcallError(
    'LOG_SCHEMA_UNKNOWN',
    `Event ${id} has schema ${schema}; this Rollcall writes schema ${SCHEMA_VERSION}.`,
    'Import it with the version of Rollcall that wrote it, or a newer one.',
  );

/** What was written, as a reader will find it: what JSON does not keep is gone here too. */
function* asRecorded(appends: readonly NewAppend[], outcomes: readonly Outcome[]): Generator<RecordedEvent> {
  for (const [index, { stream, events, texts }] of appends.entries()) {
    const outcome = outcomes[index];
    if (!outcome || 'error' in outcome || outcome.recorded === undefined) continue;
    const { recorded, appended } = outcome;
    for (const [at, event] of events.entries()) {
      const left = events.length - 1 - at;
      const place = { revision: revision(appended.revision - left), position: position(appended.position - left) };
      yield { ...event, data: JSON.parse(texts[at] ?? ''), stream, ...place, recorded };
    }
  }
}

/**
 * Appends called in one turn of the event loop, and those called while a commit runs, become durable by one commit. The
 * outcome of each is its own: a wrong expected revision, or an event that cannot be stored, fails that append only.
 */
export const openGroupCommit = (options: GroupCommitOptions): GroupCommit => {
  const { db, path, clock, writer, onCommit } = options;
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  let head = options.head;
  const waiting: Waiting[] = [];
  const nowIdle: (() => void)[] = [];

  const write = (append: Append, recorded: number): Outcome => {
    try {
      return writer.write(append, recorded);
    } catch (error) {
      if (error instanceof RollcallError) return { error };
      throw error;
    }
  };

  /** One transaction for all of `appends`: durable when it returns; when it throws, nothing of them is there. */
  const commitAll = (appends: readonly Append[]): Outcome[] => {
    const takeBack = writer.begin();
    try {
      begin.run();
      const recorded = clock.now();
      const outcomes = appends.map((append) => write(append, recorded));
      writer.seal();
      commit.run();
      if (outcomes.some(hasWritten)) head = writer.last();
      return outcomes;
    } catch (error) {
      takeBack();
      if (db.inTransaction) rollback.run();
      throw error;
    }
  };

  /** When one of them cannot be stored they are done one by one. What hits the log as a whole hits all of them. */
  const commitOrFail = (appends: readonly Append[]): Outcome[] => {
    try {
      return commitAll(appends);
    } catch (error) {
      if (!isOfOneAppend(error)) return appends.map(() => ({ error: logError(path, error) }));
      const [first, second] = appends;
      if (first && !second) return [{ error: eventInvalid(first.stream, error) }];
      return appends.flatMap((append) => commitOrFail([append]));
    }
  };

  const takeOneCommit = (): Waiting[] => {
    let events = 0;
    const end = waiting.findIndex((append, index) => {
      events += append.events.length;
      return index > 0 && events > COMMIT_SIZE;
    });
    return waiting.splice(0, end === -1 ? waiting.length : end);
  };

  const flush = (): void => {
    const appends = takeOneCommit();
    if (waiting.length > 0) setImmediate(flush);
    const outcomes = commitOrFail(appends);
    for (const [index, { resolve, reject }] of appends.entries()) {
      const outcome = outcomes[index];
      if (outcome && 'appended' in outcome) resolve(outcome.appended);
      else reject(outcome?.error);
    }
    if (outcomes.some(hasWritten)) onCommit(asRecorded(appends, outcomes));
    if (waiting.length > 0) return;
    for (const tell of nowIdle.splice(0)) tell();
  };

  return {
    append: (stream, expected, events) =>
      new Promise((resolve, reject) => {
        if (events.length === 0) throw appendEmpty(stream);
        const newer = events.find(({ schema }) => schema !== SCHEMA_VERSION);
        if (newer) throw schemaUnwritable(newer);
        const texts = events.map(({ data }) => JSON.stringify(data));
        waiting.push({ stream, expected, events, texts, resolve, reject });
        if (waiting.length === 1) setImmediate(flush);
      }),
    head: () => head,
    idle: () => (waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => nowIdle.push(resolve))),
  };
};
