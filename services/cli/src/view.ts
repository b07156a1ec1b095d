import { type Position, position } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import { replayOpen } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import type { ReadingSettings } from './context.ts';
import { openSettingsLog } from './engines/settings-log.ts';
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
 * Reads the list from the log of a data directory, or from the one on a server that the settings name, beside a running Rollcall or without one: only the streams that are open are read.
 * @param at position or time, see `moment`; default: now
 */
export const openView = async (options: {
  data: string;
  at?: string;
  world: World;
  /** Where the log is on a server. */
  settings?: ReadingSettings;
}): Promise<View> => {
  const { at, world } = options;
  const log = await openSettingsLog(options);
  try {
    const view =
      at === undefined ? { cache: await replayOpen(log), now: world.clock.now() } : await viewAt(log, at, world);
    return { ...view, log, close: () => log.close() };
  } catch (error) {
    await log.close();
    throw error;
  }
};

/**
 * The list as it was.
 * @throws RollcallError AT_UNCLEAR, AT_BEYOND_LOG, AT_COMPACTED
 */
export const viewAt = async (log: EventLog, at: string, { clock }: World): Promise<Pick<View, 'cache' | 'now'>> => {
  const when = moment(at, clock.now());
  if (when.is === 'time') {
    const place = await log.positionAt(when.time);
    await checkStillThere(log, place, at);
    return { cache: await replayOpen(log, place), now: Math.min(when.time, clock.now()) };
  }
  const head = await log.head();
  const place = position(when.position);
  if (place > head) {
    throw new RollcallError(
      'AT_BEYOND_LOG',
      `Position ${place} is beyond the log's end ${head}.`,
      'Give a smaller one.',
    );
  }
  await checkStillThere(log, place, at);
  return { cache: await replayOpen(log, place), now: (await timeAt(log, place)) ?? clock.now() };
};

/** A list that lacks what retention has dropped would be a false one. */
const checkStillThere = async (log: EventLog, place: Position, at: string): Promise<void> => {
  const compactedTo = await log.compactedTo();
  if (place >= compactedTo) return;
  const since = await timeAt(log, compactedTo);
  throw new RollcallError(
    'AT_COMPACTED',
    `${at} (position ${place}) is before what the log still tells whole: retention has dropped what was over by position ${compactedTo}${since === undefined ? '' : `, ${new Date(since).toISOString()}`}.`,
    'Ask for a later moment, or read a backup of the log: --data DIR.',
  );
};

/** The PBX's time, since that is what a channel's creation is told in. */
const timeAt = async (log: EventLog, place: Position): Promise<number | undefined> => {
  for await (const [event] of log.readAll(position(Math.max(0, place - 1)))) return event?.time;
  return undefined;
};
