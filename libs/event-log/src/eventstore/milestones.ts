import { revision } from '@rollcall/channel';
import type { Follow } from './follow.ts';
import type { Names } from './names.ts';
import { advance, type OpenAt } from './open-streams.ts';
import { note, noteData } from './own-stream.ts';
import type { Stored } from './record.ts';
import type { Server } from './server.ts';
import type { Streams } from './streams.ts';
import { appendMessages } from './wire.ts';

/** Events between two milestones: what has to be gone over, at most, for the list of a moment. */
const INTERVAL = 50_000;

/** Bytes: servers up to 24.10 take a megabyte in one append. */
const LARGEST = 900_000;

/** Bytes of the server's log that are gone over sooner than a milestone is looked up. */
const LITTLE = 2_000_000;

const TYPE = 'Milestone';

/**
 * The server keeps no index of which streams were open at a position, nor of positions by time. Now and then the place reached
 * is written down with the streams that are open there, so that neither question has to go over the whole log.
 */
export type Milestones = {
  /** The last milestone at or before that position, or time; undefined when there is none. */
  before(key: { position: number } | { time: number }): Promise<OpenAt | undefined>;
  /** So many events more are in the log. */
  appended(events: number): void;
  /** Resolves once none is being written. */
  idle(): Promise<void>;
};

export type MilestonesOptions = {
  server: Server;
  streams: Streams;
  names: Names;
  follow: Follow;
  head: () => Promise<number>;
  birth: number;
  /** Events between two; 0: none are written. Default: 50,000. */
  interval?: number;
  /** Bytes. Default: 2,000,000. */
  little?: number;
};

const openAtOf = (stored: Stored): OpenAt => {
  const { position, recorded, open } = noteData(stored) as { position: number; recorded: number; open: string[] };
  return { position, recorded, open: new Map(open.map((stream) => [stream, undefined])) };
};

export const createMilestones = (options: MilestonesOptions): Milestones => {
  const { server, streams, names, follow, head, birth, interval = INTERVAL, little = LITTLE } = options;
  /** Events since the last milestone; unknown until the log was gone over once from there. */
  let since: number | undefined;
  let writing: Promise<void> | undefined;

  const before: Milestones['before'] = async (key) => {
    const isBefore = (at: OpenAt): boolean =>
      'position' in key ? at.position <= key.position : at.recorded <= key.time;
    if ('position' in key && key.position - birth < little) return undefined;
    const newest = await streams.event(names.milestones, 'last');
    if (!newest) return undefined;
    const last = openAtOf(newest);
    if (isBefore(last)) return last;
    let found: OpenAt | undefined;
    let low = 0;
    for (let high = Number(newest.getStreamRevision()); low < high; ) {
      const middle = (low + high) >>> 1;
      const stored = await streams.event(names.milestones, middle);
      const at = stored && openAtOf(stored);
      if (stored && at && isBefore(at)) {
        found = at;
        low = Number(stored.getStreamRevision()) + 1;
      } else {
        high = middle;
      }
    }
    return found;
  };

  const write = async (): Promise<void> => {
    const newest = await streams.event(names.milestones, 'last');
    const at: OpenAt = newest ? openAtOf(newest) : { position: birth, recorded: 0, open: new Map() };
    const until = await head();
    since = await advance(at, { follow, until, prefix: names.prefix, signal: server.closing });
    if (since < interval || server.closing.aborted) return;
    since = 0;
    const milestone = note(server.world, TYPE, { ...at, open: [...at.open.keys()] });
    if (milestone.data.length > LARGEST) return;
    const expected = newest ? revision(Number(newest.getStreamRevision())) : 'none';
    // Where another writer was first, its milestone serves as well.
    await server.append(appendMessages(names.milestones, expected, [milestone]));
  };

  return {
    before,
    appended: (events) => {
      if (since !== undefined) since += events;
      if (interval === 0 || writing || (since !== undefined && since < interval) || server.closing.aborted) return;
      writing = write()
        // Without it questions about the past take longer; the next append tries again.
        .catch(() => {})
        .finally(() => {
          writing = undefined;
        });
    },
    idle: async () => writing,
  };
};
