import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Position, position } from '@rollcall/channel';
import type Database from 'better-sqlite3';
import { canGiveBack } from './give-back.ts';
import { pageSizeOf } from './log-file.ts';
import { formatOf, type LogRow } from './log-format.ts';
import { turn } from './subscription.ts';

/** Positions looked at in one query when events are counted by type: a few milliseconds. */
const RANGE = 20_000;

/** `recorded`: milliseconds since 1970. */
export type Place = { position: Position; recorded: number };

export type LogStats = {
  id: string;
  /** ISO 8601. */
  created: string;
  format: number;
  events: number;
  streams: number;
  openStreams: number;
  first: Place | undefined;
  last: Place | undefined;
  compactedTo: Position;
  /** The file and what lies beside it while it is in use, in bytes. */
  fileBytes: number;
  /** What of the file is in use, indexes included, and what is free inside and will be used again. */
  usedBytes: number;
  freeBytes: number;
  /** Whether the file can become smaller; one that was made by a Rollcall of format 1 only uses its room again. */
  shrinks: boolean;
  /** On average, indexes included; 0 when there are no events. */
  bytesPerEvent: number;
  /** The file system: its size, and what this user may still write; undefined where it does not say. */
  disk: { bytes: number; freeBytes: number } | undefined;
  /** Events of each type, the most frequent first, where asked for. */
  byType: Map<string, number> | undefined;
};

export type StatsOptions = {
  /** Counts the events by their types: every event is read, so it takes its time. */
  byType?: boolean;
  signal?: AbortSignal;
};

type OpenStatsOptions = {
  db: Database.Database;
  path: string;
  logRow: () => LogRow;
  /** Runs each use of the file. */
  use: <T>(work: () => T) => T;
};

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const diskOf = (path: string): LogStats['disk'] => {
  try {
    const { bsize, blocks, bavail } = statfsSync(dirname(path));
    return { bytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
};

export const openStats = ({ db, path, logRow, use }: OpenStatsOptions) => {
  const countEvents = db.prepare<[], number>('SELECT count(*) FROM events').pluck();
  const countStreams = db.prepare<[], { streams: number; openStreams: number }>(
    `SELECT (SELECT count(*) FROM streams) AS streams, (SELECT count(*) FROM streams WHERE closed IS NULL) AS openStreams`,
  );
  const first = db.prepare<[], Place>('SELECT position, recorded FROM events ORDER BY position LIMIT 1');
  const last = db.prepare<[], Place>('SELECT position, recorded FROM events ORDER BY position DESC LIMIT 1');
  const byTypeIn = db.prepare<[number, number], { type: string; events: number }>(
    `SELECT type, sum(n) AS events
     FROM (SELECT kind, count(*) AS n FROM events WHERE position > ? AND position <= ? GROUP BY kind) JOIN kinds ON kinds.id = kind
     GROUP BY type`,
  );

  const countByType = async (end: number, signal: AbortSignal | undefined): Promise<Map<string, number>> => {
    const counts = new Map<string, number>();
    for (let after = 0; after < end && !signal?.aborted; after += RANGE) {
      for (const { type, events } of use(() => byTypeIn.all(after, Math.min(after + RANGE, end)))) {
        counts.set(type, (counts.get(type) ?? 0) + events);
      }
      await turn();
    }
    return new Map([...counts].sort(([, a], [, b]) => b - a));
  };

  const ofNow = (): Omit<LogStats, 'byType'> => {
    const { id, created, events: counted, compacted } = logRow();
    const events = counted ?? countEvents.get() ?? 0;
    const page = pageSizeOf(db);
    const pages = Number(db.pragma('page_count', { simple: true }));
    const free = Number(db.pragma('freelist_count', { simple: true }));
    const usedBytes = (pages - free) * page;
    return {
      id,
      created,
      format: formatOf(db),
      events,
      streams: 0,
      openStreams: 0,
      ...countStreams.get(),
      first: first.get(),
      last: last.get(),
      compactedTo: position(compacted),
      fileBytes: ['', '-wal', '-shm'].reduce((sum, suffix) => sum + sizeOf(path + suffix), 0),
      usedBytes,
      freeBytes: free * page,
      shrinks: canGiveBack(db),
      bytesPerEvent: events > 0 ? usedBytes / events : 0,
      disk: diskOf(path),
    };
  };

  return async ({ byType = false, signal }: StatsOptions = {}): Promise<LogStats> => {
    const now = use(ofNow);
    return { ...now, byType: byType ? await countByType(now.last?.position ?? 0, signal) : undefined };
  };
};
