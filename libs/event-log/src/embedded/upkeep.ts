import { type Position, position, START } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import type Database from 'better-sqlite3';
import { type BackupOptions, backUp } from './backup.ts';
import { type CheckOptions, checkLog } from './check.ts';
import { type Compacted, type CompactOptions, openCompaction } from './compact.ts';
import { type ExportOptions, openExport } from './export-log.ts';
import type { Finding } from './finding.ts';
import type { Kinds } from './kinds.ts';
import { logReadOnly } from './log-errors.ts';
import type { LogRow } from './log-format.ts';
import type { ReadingPlaces } from './reading-places.ts';
import { planRetention, type RetentionPolicy } from './retention.ts';
import { type LogStats, openStats, type StatsOptions } from './stats.ts';
import type { StreamHeads } from './stream-heads.ts';
import type { Feed } from './subscription.ts';

/** What a log takes beside appends and reads, to stay right and small. None of it holds up appends or readers for long. */
export type Upkeep = {
  /** What the log holds, and what room it takes. */
  stats(options?: StatsOptions): Promise<LogStats>;
  /**
   * Yields what is wrong with the log, and nothing for a sound one. Reads every event, so it takes its time; ends early when its
   * signal aborts.
   * @throws RollcallError LOG_DAMAGED when nothing of it can be read, LOG_IO
   */
  check(options?: CheckOptions): AsyncIterable<Finding>;
  /**
   * Drops streams that closed at or before a position, for good. The position must not lie beyond the checkpoint of a cache that
   * follows this log from a place it has kept: that cache would keep what it has not seen end.
   * @throws RollcallError LOG_READ_ONLY in mode `read`, LOG_FULL, LOG_IO, LOG_DAMAGED, LOG_CLOSED
   */
  compact(options: CompactOptions): Promise<Compacted>;
  /** Up to where to compact now, to keep to a policy. By size that is an estimate: ask again once it is done. */
  retentionPosition(policy: RetentionPolicy): Promise<Position>;
  /**
   * The log as lines of JSON in UTF-8, in chunks of whole lines: `restoreLog` makes the same log of it. What cannot be read as an event is in
   * it as it stands.
   * @throws RollcallError LOG_DAMAGED when an event has lost its stream or kind, LOG_COMPACTED in mode `read`, LOG_IO
   */
  export(options?: ExportOptions): AsyncIterable<Buffer>;
  /**
   * Copies the log as it is at this moment into a new file; resolves with its size once it is on the disk.
   * @throws RollcallError BACKUP_EXISTS, BACKUP_NO_ROOM, BACKUP_STOPPED, BACKUP_FAILED, LOG_DAMAGED
   */
  backup(options: BackupOptions): Promise<{ bytes: number }>;
};

export type UpkeepOptions = {
  db: Database.Database;
  path: string;
  mode: 'write' | 'read';
  clock: Clock;
  kinds: Kinds;
  heads: StreamHeads;
  feed: Feed;
  places: ReadingPlaces;
  terminal: (type: string) => boolean;
  logRow: () => LogRow;
  head: () => Position;
  positionAt: (time: number) => Position;
  /** Runs each use of the file. */
  use: <T>(work: () => T) => T;
};

export const openUpkeep = (options: UpkeepOptions): Upkeep => {
  const { db, path, mode, clock, terminal, head, positionAt, use } = options;
  const stats = openStats(options);
  const lines = openExport(options);
  const compact = mode === 'write' ? openCompaction(options) : undefined;
  const ends = db
    .prepare<[number], Position>('SELECT closed FROM streams WHERE closed IS NOT NULL ORDER BY closed LIMIT 1 OFFSET ?')
    .pluck();

  return {
    stats,
    async *check(options) {
      use(head);
      yield* checkLog(path, terminal, options);
    },
    compact: async (options) => {
      use(head);
      if (!compact) throw logReadOnly(path);
      return compact(options);
    },
    retentionPosition: async (policy) => {
      const { endedBy, oldest } = planRetention(policy, await stats(), clock.now());
      return use(() => {
        const byAge = endedBy === undefined ? START : positionAt(endedBy);
        const bySize = oldest > 0 ? (ends.get(oldest - 1) ?? START) : START;
        return position(Math.max(byAge, bySize));
      });
    },
    export: lines,
    backup: async (options) => {
      use(head);
      return backUp(path, options);
    },
  };
};
