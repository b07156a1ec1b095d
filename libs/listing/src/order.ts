import type { Channel } from '@rollcall/channel';

/**
 * Oldest first; channels of one millisecond by uniqueid, then by PBX. One whose creation time is not known comes last.
 * Asterisk's own order is that of its hash table and tells nothing.
 */
export const oldestFirst = (channels: Iterable<Channel>): Channel[] =>
  [...channels].sort(
    (a, b) =>
      order(a.created ?? Number.POSITIVE_INFINITY, b.created ?? Number.POSITIVE_INFINITY) ||
      order(a.uniqueid, b.uniqueid) ||
      order(a.pbx, b.pbx) ||
      order(a.boot, b.boot),
  );

const order = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
