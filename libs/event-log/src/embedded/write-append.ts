import { type Position, position, revision } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type Database from 'better-sqlite3';
import type { Appended, ExpectedRevision } from '../event-log.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import { type EventToWrite, openEventInserter } from './insert-event.ts';
import type { Kinds } from './kinds.ts';
import type { Head, StreamHeads } from './stream-heads.ts';

export type { EventToWrite } from './insert-event.ts';

/** `texts`: the data of each event, encoded. */
export type Append = {
  stream: string;
  expected: ExpectedRevision;
  events: readonly EventToWrite[];
  texts: readonly string[];
};

/** `recorded`: when it was written; undefined for a retry, of which nothing was written. */
export type Placed = { appended: Appended; recorded: number | undefined };

export type AppendWriter = {
  /**
   * Writes one append into the open transaction, its events at consecutive positions; nothing for a retry of one that had
   * succeeded.
   * @throws WrongExpectedRevision, RollcallError EVENT_OF_OTHER_PBX, before anything of it is written
   */
  write(append: Append, recorded: number): Placed;
  /** Where the append stands already: all its events, by their ids, at exactly the revisions that it asks for. */
  standing(append: Append): Appended | undefined;
  /** Positions up to this one are given to nobody from here on: a log that follows another has its gaps too. */
  skipTo(place: Position): void;
  /** The highest position given so far. */
  last(): Position;
  /** The last thing before a commit. */
  seal(): void;
  /** Call when a transaction begins; the result takes back what is remembered of it, should it not come to be. */
  begin(): () => void;
};

export type AppendWriterOptions = {
  db: Database.Database;
  kinds: Kinds;
  heads: StreamHeads;
  terminal: (type: string) => boolean;
};

const firstRevision = (expected: ExpectedRevision): number => (expected === 'none' ? 0 : expected + 1);

export const openAppendWriter = ({ db, kinds, heads, terminal }: AppendWriterOptions): AppendWriter => {
  const inserter = openEventInserter({ db, kinds, terminal });
  const placesFrom = db.prepare<[number, number, number], { position: number; id: string }>(
    'SELECT position, id FROM events WHERE stream = ? AND revision BETWEEN ? AND ? ORDER BY revision',
  );

  const given = db.prepare<[], number>('SELECT max(deleted, coalesce((SELECT max(position) FROM events), 0)) FROM log');
  let last = given.pluck().get() ?? 0;

  /** Where the append stands already, if it had succeeded before: its events' ids are at exactly those revisions. */
  const standing = (head: Head | undefined, { expected, events }: Append): Appended | undefined => {
    if (!head) return undefined;
    const first = firstRevision(expected);
    const end = first + events.length - 1;
    const places = placesFrom.all(head.stream, first, end);
    const place = places.at(-1);
    const same = places.length === events.length && places.every(({ id }, index) => id === events[index]?.id);
    return place && same ? { revision: revision(end), position: position(place.position) } : undefined;
  };

  const checkPbx = ({ stream, events }: Append, pbx: string): void => {
    const stray = events.find((event) => event.pbx !== pbx);
    if (!stray) return;
    throw new RollcallError(
      'EVENT_OF_OTHER_PBX',
      `Event ${stray.id} is of PBX ${stray.pbx}, stream ${stream} of ${pbx}.`,
      'A stream holds events of one PBX; this is a mistake in the program that appends.',
    );
  };

  return {
    write: (append, recorded) => {
      const { stream: name, expected, events, texts } = append;
      const head = heads.of(name);
      if (expected !== (head?.revision ?? 'none')) {
        const earlier = standing(head, append);
        if (earlier) return { appended: earlier, recorded: undefined };
        throw new WrongExpectedRevision(name, expected, head?.revision ?? 'none');
      }
      const pbx = head?.pbx ?? events[0]?.pbx ?? '';
      checkPbx(append, pbx);

      let at = head;
      for (const [index, event] of events.entries()) {
        const text = texts[index];
        if (text === undefined) throw new TypeError('it has no data');
        at = inserter.insert(name, at, event, { position: last + 1, recorded, text });
        last += 1;
      }
      if (!at) throw new TypeError('it has no events');
      heads.moved(name, at);
      return { appended: { revision: at.revision, position: position(last) }, recorded };
    },
    standing: (append) => standing(heads.of(append.stream), append),
    skipTo: (place) => {
      last = Math.max(last, place);
    },
    last: () => position(last),
    seal: inserter.seal,
    begin: () => {
      const before = last;
      const takeBack = inserter.begin();
      return () => {
        last = before;
        takeBack();
        heads.forget();
        kinds.forget();
      };
    },
  };
};
