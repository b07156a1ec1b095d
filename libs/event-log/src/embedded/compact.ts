import { type Position, pbxStream, position, START } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import type Database from 'better-sqlite3';
import { SUM_MODULUS } from './checksum.ts';
import { giveBack } from './give-back.ts';
import type { ReadingPlaces } from './reading-places.ts';
import type { StreamHeads } from './stream-heads.ts';
import { type Feed, turn } from './subscription.ts';

/** What one transaction may take, in milliseconds and in streams: appends and reads wait no longer than that. */
const SLICE_MS = 4;
const SLICE_STREAMS = 200;

export type CompactOptions = {
  /** Streams that closed at or before this position are dropped. */
  before: Position;
  /** Ends it early, without an error; what is dropped by then stays dropped. */
  signal?: AbortSignal;
  /** Called after each slice; `position`: streams that closed up to there are done. */
  progress?: (progress: { position: Position; streams: number; events: number }) => void;
};

export type Compacted = {
  streams: number;
  events: number;
  /** Streams that readers had read in part, left for the next time. */
  held: number;
  compactedTo: Position;
  /** Bytes that the file became smaller by, or will with the next checkpoint. */
  givenBack: number;
};

export type CompactionOptions = {
  db: Database.Database;
  clock: Clock;
  heads: StreamHeads;
  feed: Feed;
  places: ReadingPlaces;
  /** Runs each use of the file. */
  use: <T>(work: () => T) => T;
};

type ClosedStream = { id: number; name: string; closed: Position };

type Slice = { upTo: Position; streams: number; events: number; held: number };

/**
 * Drops whole streams that are over, the oldest ends first, in small transactions: whenever it is ended, by whatever, the log is
 * right. Never drops a PBX's stream, an open one, or the newest event: the head of the log stays an event of it.
 */
export const openCompaction = ({ db, clock, heads, feed, places, use }: CompactionOptions) => {
  const closedNext = db.prepare<[Position, Position], ClosedStream>(
    `SELECT id, name, closed FROM streams
     WHERE closed > ? AND closed <= ? AND closed < (SELECT max(position) FROM events) ORDER BY closed LIMIT ${SLICE_STREAMS}`,
  );
  const sumOf = db.prepare<[number], { events: number; checksums: number }>(
    `SELECT count(*) AS events, coalesce(sum(checksum & 4294967295), 0) & ${SUM_MODULUS - 1} AS checksums
     FROM events WHERE stream = ?`,
  );
  const dropEvents = db.prepare<[number]>('DELETE FROM events WHERE stream = ?');
  const dropStream = db.prepare<[number]>('DELETE FROM streams WHERE id = ?');
  const subtract = db.prepare<[number, number, Position]>(
    `UPDATE log SET events = events - ?, checksums = (checksums - ?) & ${SUM_MODULUS - 1}, compacted = max(compacted, ?)`,
  );
  const compactedTo = db.prepare<[], Position>('SELECT compacted FROM log').pluck();

  const drop = ({ id }: ClosedStream): { events: number; checksums: number } => {
    const sum = sumOf.get(id) ?? { events: 0, checksums: 0 };
    dropEvents.run(id);
    dropStream.run(id);
    return sum;
  };

  /** One transaction; undefined when nothing is left. */
  const slice = (after: Position, before: Position): Slice | undefined => {
    const candidates = closedNext.all(after, before);
    const done: Slice = { upTo: after, streams: 0, events: 0, held: 0 };
    const dropped: string[] = [];
    let checksums = 0;
    let last = START;
    const until = clock.monotonic() + SLICE_MS;
    const inOne = db.transaction(() => {
      for (const stream of candidates) {
        done.upTo = stream.closed;
        if (places.within(stream.id, stream.closed)) done.held += 1;
        else if (!stream.name.startsWith(pbxStream(''))) {
          const sum = drop(stream);
          done.events += sum.events;
          checksums = (checksums + sum.checksums) % SUM_MODULUS;
          last = stream.closed;
          dropped.push(stream.name);
        }
        if (clock.monotonic() >= until) break;
      }
      if (dropped.length > 0) subtract.run(done.events, checksums, last);
    });
    if (candidates.length === 0) return undefined;
    inOne.immediate();
    for (const name of dropped) heads.dropped(name);
    if (dropped.length > 0) feed.dropped();
    done.streams = dropped.length;
    return done;
  };

  return async ({ before, signal, progress }: CompactOptions): Promise<Compacted> => {
    const total = { streams: 0, events: 0, held: 0 };
    for (let after: Position = START; !signal?.aborted; ) {
      const done = use(() => slice(after, before));
      if (!done) break;
      total.streams += done.streams;
      total.events += done.events;
      total.held += done.held;
      after = done.upTo;
      progress?.({ position: after, streams: total.streams, events: total.events });
      await turn();
    }
    const givenBack = await giveBack({ db, use, signal });
    return { ...total, compactedTo: use(() => position(compactedTo.get() ?? START)), givenBack };
  };
};
