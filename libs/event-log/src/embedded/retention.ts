import type { LogStats } from './stats.ts';

/** How much of its past a log keeps. What is not said has no limit. */
export type RetentionPolicy = {
  /** Streams that ended longer ago than this are dropped; in milliseconds. */
  maxAge?: number;
  /** The oldest ends are dropped until the log uses no more than this; in bytes. Its file may be a tenth larger. */
  maxBytes?: number;
  /** The oldest ends are dropped until the log leaves this much of the disk free, in bytes; room inside its file counts as free. */
  keepFree?: number;
};

export type RetentionPlan = {
  /** Drop what ended at or before this time, in milliseconds since 1970. */
  endedBy: number | undefined;
  /** Drop so many of the streams that ended first. */
  oldest: number;
};

const DAY = 24 * 60 * 60 * 1_000;
const GIB = 1024 ** 3;

/**
 * For a disk of so many bytes: a month, in no more than a quarter of the disk or 8 GiB; and less, rather than that there is no room
 * for what happens next, should others fill the disk.
 */
export const defaultRetention = (diskBytes: number | undefined): RetentionPolicy => ({
  maxAge: 30 * DAY,
  maxBytes: Math.min(8 * GIB, (diskBytes ?? Number.POSITIVE_INFINITY) / 4),
  keepFree: Math.min(GIB / 4, (diskBytes ?? Number.POSITIVE_INFINITY) / 20),
});

/** By how many bytes the log is too large. */
const excess = ({ usedBytes, freeBytes, disk }: Sizes, { maxBytes, keepFree }: RetentionPolicy): number =>
  Math.max(
    0,
    maxBytes === undefined ? 0 : usedBytes - maxBytes,
    keepFree === undefined || !disk ? 0 : keepFree - disk.freeBytes - freeBytes,
  );

type Sizes = Pick<LogStats, 'events' | 'streams' | 'openStreams' | 'usedBytes' | 'freeBytes' | 'disk'>;

/**
 * What is to be dropped of a log of this size at `now` (milliseconds since 1970). By size it is an estimate from averages: plan again
 * once it is done. What is open is never dropped, so that a log of nothing else may stay too large.
 */
export const planRetention = (policy: RetentionPolicy, log: Sizes, now: number): RetentionPlan => {
  const bytes = excess(log, policy);
  const bytesPerStream = log.streams > 0 ? log.usedBytes / log.streams : 0;
  const wanted = bytes > 0 && bytesPerStream > 0 ? Math.ceil(bytes / bytesPerStream) : 0;
  return {
    endedBy: policy.maxAge === undefined ? undefined : now - policy.maxAge,
    oldest: Math.min(wanted, log.streams - log.openStreams),
  };
};
