import { type Position, position } from '@rollcall/channel';
import Database from 'better-sqlite3';
import { addChecksum, eventChecksum, labelOf } from './checksum.ts';
import { COLUMNS, type EventRow, PAGE } from './event-rows.ts';
import type { Finding } from './finding.ts';
import { openStreamNames } from './stream-names.ts';
import { turn } from './subscription.ts';

type CheckedRow = [...EventRow, checksum: number | null];

/** `unchecked`: events written before there were checksums. `skipped`: some could not be read. */
export type EventsSeen = { events: number; unchecked: number; checksums: number; position: Position; skipped: boolean };

type Wrong = [what: Finding['what'], detail: string];

type KindRow = { id: number; type: string; boot: number; source: string; schema: number };

/** Where a page cannot be read, it is tried again this many positions further on, then twice as many, and so on. */
const SKIP = 100;

export const isUnreadable = (error: unknown): error is Error =>
  error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(error.code);

export type CheckEventsOptions = {
  /** Whether the file has any. */
  checksums: boolean;
  head: Position;
  terminal: (type: string) => boolean;
  /** Brought up with each page; then `onPage` is called. */
  seen: EventsSeen;
  onPage: () => void;
  signal: AbortSignal | undefined;
};

type Stream = { name: string; closed: number | null; label: number };

/** Each event by itself, in the order of the log: that it is the one that was written, of a stream and a kind that are there. */
export async function* checkEvents(
  db: Database.Database,
  { checksums, head, terminal, seen, onPage, signal }: CheckEventsOptions,
): AsyncGenerator<Finding> {
  const pageAfter = db
    .prepare<[number], CheckedRow>(
      `SELECT ${COLUMNS}, ${checksums ? 'checksum' : 'NULL'} FROM events WHERE position > ? ORDER BY position LIMIT ${PAGE}`,
    )
    .raw();
  const clockStep = db.prepare<[number, number]>('SELECT 1 FROM clock_steps WHERE position > ? AND position <= ?');
  const later = db.prepare<[number, number]>('SELECT 1 FROM events WHERE stream = ? AND revision > ? LIMIT 1');
  const streams = openStreamNames<Stream>(db, ({ name, pbx, closed }) => ({ name, closed, label: labelOf(name, pbx) }));
  const kindRows = db.prepare<[], KindRow>('SELECT id, type, boot, source, schema FROM kinds').all();
  const kinds = new Map(
    kindRows.map(({ id, type, boot, source, schema }) => [
      id,
      { label: labelOf(type, boot, source, schema), ends: terminal(type) },
    ]),
  );
  const missing = new Set<string>();
  let before = { position: 0, recorded: Number.NEGATIVE_INFINITY };

  /** A stream or kind that is missing is told of once. */
  const isNew = (what: string): boolean => missing.size < missing.add(what).size;

  /** The event's own word on whether its stream is over, where it is the last. */
  const wrongHead = ([at, number, revision]: CheckedRow, { closed }: Stream, ends: boolean): Wrong | undefined => {
    if (ends === (closed === at) || later.get(number, revision)) return undefined;
    const kept = closed === null ? 'open' : `closed at position ${closed}`;
    return ['head', `it is kept as ${kept}; by its events it is ${ends ? `closed at position ${at}` : 'open'}`];
  };

  const wrongWith = (row: CheckedRow, stream: Stream | undefined): Wrong | undefined => {
    const [at, number, revision, kindNumber, time, recorded, id, text, checksum] = row;
    if (!stream) {
      return isNew(`stream ${number}`) ? ['stream', `it is of stream number ${number}, which is missing`] : undefined;
    }
    const kind = kinds.get(kindNumber);
    if (!kind) {
      return isNew(`kind ${kindNumber}`) ? ['kind', `it is of kind number ${kindNumber}, which is missing`] : undefined;
    }
    const written = { position: at, revision, time, recorded, id, text };
    if (checksum !== null && eventChecksum(written, stream.label, kind.label) !== checksum) {
      return ['checksum', 'it is not what was written'];
    }
    return wrongHead(row, stream, kind.ends);
  };

  const check = (row: CheckedRow, found: Finding[]): void => {
    const at = position(row[0]);
    const recorded = row[5];
    const checksum = row[8];
    const stream = streams.of(row[1]);
    seen.events += 1;
    if (checksum === null) seen.unchecked += 1;
    else seen.checksums = addChecksum(seen.checksums, checksum);
    const tell = ([what, detail]: Wrong): void => {
      found.push({ what, position: at, ...(stream && { stream: stream.name }), detail });
    };
    const wrong = wrongWith(row, stream);
    if (wrong) tell(wrong);
    if (recorded < before.recorded && !clockStep.get(before.position, at)) {
      tell(['clock', 'it was recorded before the event before it, and no step of the clock is kept for it']);
    }
    before = { position: at, recorded };
  };

  /** Where reading can go on behind what cannot be read; undefined when nothing can. */
  const behind = (place: number): number | undefined => {
    for (let step = SKIP; place + step <= head + SKIP; step *= 2) {
      try {
        pageAfter.all(place + step);
        return place + step;
      } catch (error) {
        if (!isUnreadable(error)) throw error;
      }
    }
    return undefined;
  };

  for (let place = 0; ; ) {
    let rows: CheckedRow[];
    try {
      rows = pageAfter.all(place);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      seen.skipped = true;
      const next = behind(place);
      const detail = `events after position ${place} up to ${next ?? 'the last'} cannot be read: ${error.message}`;
      yield { what: 'unreadable', position: position(place), detail };
      if (next === undefined) return;
      place = next;
      continue;
    }
    const last = rows.at(-1)?.[0];
    if (last === undefined) return;
    streams.begun(place, last);
    const found: Finding[] = [];
    for (const row of rows) check(row, found);
    yield* found;
    place = last;
    seen.position = position(last);
    onPage();
    await turn();
    if (signal?.aborted) return;
  }
}
