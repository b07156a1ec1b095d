import { type NewEvent, type Position, position, type RecordedEvent, type Revision, revision } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type Database from 'better-sqlite3';
import type { Appended, ExpectedRevision } from '../event-log.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import type { Kinds } from './kinds.ts';
import { eventInvalid, isOfOneAppend, logError } from './log-errors.ts';
import type { StreamHeads } from './stream-heads.ts';

/** Events in one commit, unless a single append has more: bounds how long the event loop stands still. */
const COMMIT_SIZE = 1_000;

type Append = { stream: string; expected: ExpectedRevision; events: readonly NewEvent[]; texts: string[] };

type Waiting = Append & { resolve: (appended: Appended) => void; reject: (error: unknown) => void };

type Outcome = { appended: Appended } | { error: unknown };

/** An event as it was written; `text`: its data. */
type Written = {
  event: NewEvent;
  text: string;
  stream: string;
  revision: Revision;
  position: Position;
  recorded: number;
};

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
  kinds: Kinds;
  heads: StreamHeads;
  terminal: (type: string) => boolean;
  /** Told of every commit that wrote something, once it is durable. */
  onCommit: (events: Iterable<RecordedEvent>) => void;
};

/**
 * Appends called in one turn of the event loop, and those called while a commit runs, become durable by one commit. The
 * outcome of each is its own: a wrong expected revision, or an event that cannot be stored, fails that append only.
 */
export const openGroupCommit = ({
  db,
  path,
  clock,
  kinds,
  heads,
  terminal,
  onCommit,
}: GroupCommitOptions): GroupCommit => {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  const insertStream = db.prepare('INSERT INTO streams (id, name, pbx) VALUES (?, ?, ?)');
  const setClosed = db.prepare('UPDATE streams SET closed = ? WHERE id = ?');
  const insertEvent = db.prepare(
    'INSERT INTO events (position, stream, revision, kind, time, recorded, id, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const clockStepped = db.prepare('INSERT INTO clock_steps (position) VALUES (?)');
  const written = db.prepare<[string, number, number], { position: number; id: string }>(
    `SELECT position, events.id FROM events JOIN streams ON streams.id = events.stream
     WHERE name = ? AND revision BETWEEN ? AND ? ORDER BY revision`,
  );

  const last = db.prepare<[], { position: number; recorded: number }>(
    'SELECT position, recorded FROM events ORDER BY position DESC LIMIT 1',
  );
  const deleted = db.prepare<[], number>('SELECT deleted FROM log').pluck().get() ?? 0;
  const newest = last.get();
  let durable = newest?.position ?? 0;
  let used = Math.max(durable, deleted);
  let lastRecorded = newest?.recorded ?? Number.NEGATIVE_INFINITY;

  let waiting: Waiting[] = [];
  let scheduled = false;
  let nowIdle: (() => void)[] = [];

  const firstRevision = (expected: ExpectedRevision): number => (expected === 'none' ? 0 : expected + 1);

  /** Where the append already stands in its stream, if it had succeeded before. */
  const standing = ({ stream, expected, events }: Append): Appended | undefined => {
    const first = firstRevision(expected);
    const end = first + events.length - 1;
    const rows = written.all(stream, first, end);
    const place = rows.at(-1);
    const same = rows.length === events.length && rows.every(({ id }, index) => id === events[index]?.id);
    return place && same ? { revision: revision(end), position: position(place.position) } : undefined;
  };

  const checkPbx = (append: Append, pbx: string): void => {
    const stray = append.events.find((event) => event.pbx !== pbx);
    if (!stray) return;
    throw new RollcallError(
      'EVENT_OF_OTHER_PBX',
      `Event ${stray.id} is of PBX ${stray.pbx}, stream ${append.stream} of ${pbx}.`,
      'A stream holds events of one PBX; this is a mistake in the program that appends.',
    );
  };

  /** Writes one append within the open transaction. Nothing of it is written yet when it throws a RollcallError. */
  const place = (append: Append, recorded: number, done: Written[]): Appended => {
    const { stream: name, expected, events, texts } = append;
    const head = heads.of(name);
    if (expected !== (head?.revision ?? 'none')) {
      const earlier = standing(append);
      if (earlier) return earlier;
      throw new WrongExpectedRevision(name, expected, head?.revision ?? 'none');
    }
    const pbx = head?.pbx ?? events[0]?.pbx ?? '';
    checkPbx(append, pbx);
    const numbers = events.map((event) => kinds.numberOf(event));
    if (recorded < lastRecorded) clockStepped.run(used + 1);
    lastRecorded = recorded;

    const stream = head?.stream ?? used + 1;
    if (!head) insertStream.run(stream, name, pbx);
    let next = firstRevision(expected);
    for (const [index, event] of events.entries()) {
      const text = texts[index];
      used += 1;
      insertEvent.run(used, stream, next, numbers[index], event.time, recorded, event.id, text);
      done.push({
        event,
        text: text ?? '',
        stream: name,
        revision: revision(next),
        position: position(used),
        recorded,
      });
      next += 1;
    }
    const closed = terminal(events.at(-1)?.type ?? '');
    if (closed || head?.closed) setClosed.run(closed ? used : null, stream);
    const moved = revision(next - 1);
    heads.moved(name, { stream, pbx, revision: moved, closed });
    return { revision: moved, position: position(used) };
  };

  const attempt = (append: Append, recorded: number, done: Written[]): Outcome => {
    try {
      return { appended: place(append, recorded, done) };
    } catch (error) {
      if (error instanceof RollcallError) return { error };
      throw error;
    }
  };

  /** One transaction for all of `appends`: durable when it returns; when it throws, nothing of them is there. */
  const commitAll = (appends: readonly Append[], done: Written[]): Outcome[] => {
    const before = { used, lastRecorded };
    try {
      begin.run();
      const recorded = clock.now();
      const outcomes = appends.map((append) => attempt(append, recorded, done));
      commit.run();
      durable = done.length > 0 ? used : durable;
      return outcomes;
    } catch (error) {
      ({ used, lastRecorded } = before);
      heads.forget();
      kinds.forget();
      done.length = 0;
      if (db.inTransaction) rollback.run();
      throw error;
    }
  };

  /** Appends of which one cannot be stored are done one by one. What hits the log as a whole hits all of them. */
  const commitOrFail = (appends: readonly Append[], done: Written[]): Outcome[] => {
    try {
      return commitAll(appends, done);
    } catch (error) {
      if (!isOfOneAppend(error)) return appends.map(() => ({ error: logError(path, error) }));
      const [alone] = appends;
      if (alone && appends.length === 1) return [{ error: eventInvalid(alone.stream, error) }];
      return appends.flatMap((append) => {
        const own: Written[] = [];
        const outcomes = commitOrFail([append], own);
        done.push(...own);
        return outcomes;
      });
    }
  };

  const takeCommit = (): Waiting[] => {
    let events = 0;
    let count = 0;
    for (const append of waiting) {
      events += append.events.length;
      if (count > 0 && events > COMMIT_SIZE) break;
      count += 1;
    }
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken;
  };

  const asRecorded = function* (done: readonly Written[]): Generator<RecordedEvent> {
    for (const { event, text, ...place } of done) yield { ...event, data: JSON.parse(text), ...place };
  };

  const flush = (): void => {
    scheduled = false;
    const appends = takeCommit();
    const done: Written[] = [];
    const outcomes = commitOrFail(appends, done);
    if (waiting.length > 0) schedule();
    for (const [index, { resolve, reject }] of appends.entries()) {
      const outcome = outcomes[index];
      if (outcome && 'appended' in outcome) resolve(outcome.appended);
      else reject(outcome?.error);
    }
    if (done.length > 0) onCommit(asRecorded(done));
    if (waiting.length > 0) return;
    for (const tell of nowIdle) tell();
    nowIdle = [];
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  return {
    append: (stream, expected, events) =>
      new Promise((resolve, reject) => {
        if (events.length === 0) {
          throw new RollcallError(
            'APPEND_EMPTY',
            `An append to stream ${stream} has no events.`,
            'Append nothing when nothing changed; this is a mistake in the program that appends.',
          );
        }
        const texts = events.map(({ data }) => JSON.stringify(data));
        waiting.push({ stream, expected, events, texts, resolve, reject });
        schedule();
      }),
    head: () => position(durable),
    idle: () => (waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => nowIdle.push(resolve))),
  };
};
