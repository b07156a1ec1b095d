import { type Position, position } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import { replayOpen } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import { moment } from './moment.ts';

/** The list as of one moment, however it was come by. */
export type View = {
  cache: CacheReader;
  /** Milliseconds since 1970 that the view is of: now, or what `at` says. For durations and for what is stale too long. */
  now: number;
  /** The log, for timelines. */
  log: EventLog;
  close: () => Promise<void>;
};

/**
 * Reads the list from a data directory, beside a running Rollcall or without one: only the streams that are open are read.
 * @param at position or time, see `moment`; default: now
 */
export const openView = async (options: { data: string; at?: string; world: World }): Promise<View> => {
  const { data, at, world } = options;
  const log = openEmbeddedLog({ dir: data, world, mode: 'read' });
  const when = at === undefined ? undefined : moment(at, world.clock.now());
  if (when === undefined) {
    return { cache: await replayOpen(log), now: world.clock.now(), log, close: () => log.close() };
  }
  const head = await log.head();
  const place = when.is === 'position' ? position(when.position) : await log.positionAt(when.time);
  if (place > head) {
    throw new RollcallError(
      'AT_BEYOND_LOG',
      `Position ${place} is beyond the log's end ${head}.`,
      'Give a smaller one.',
    );
  }
  const now = when.is === 'time' ? when.time : ((await recordedAt(log, place)) ?? world.clock.now());
  return { cache: await replayOpen(log, place), now, log, close: () => log.close() };
};

const recordedAt = async (log: EventLog, place: Position): Promise<number | undefined> => {
  for await (const [event] of log.readAll(position(place - 1), place)) return event?.recorded;
  return undefined;
};
