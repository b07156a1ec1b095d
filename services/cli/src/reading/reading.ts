import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';
import type { Command } from 'commander';
import { openView } from '../view.ts';
import { fetchView } from './remote-view.ts';

/** The list of one moment, from a data directory or from a running server. */
export type Reading = {
  cache: CacheReader;
  /** Milliseconds since 1970 that the list is of. */
  now: number;
  /** Not there when a server was asked. */
  log: EventLog | undefined;
  close: () => Promise<void>;
};

export type Place = { data?: string; url?: string };

/** The options by which every reading command is told where to read. */
export const placeOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'read this data directory; a running Rollcall need not be there, and is not disturbed')
    .option('--url <url>', 'ask the Rollcall that serves http://HOST:PORT instead');

/** @throws RollcallError those of openView and fetchView, and PLACE_TWICE */
export const openReading = async (
  options: Place & { at?: string; pbx?: string },
  context: { world: World; settings: { data: string } },
): Promise<Reading> => {
  const { world, settings } = context;
  const { url, at, pbx } = options;
  checkPlace(options);
  if (url !== undefined) {
    return { ...(await fetchView({ url, at, pbx, world })), log: undefined, close: async () => {} };
  }
  return openView({ data: options.data ?? settings.data, world, ...(at === undefined ? {} : { at }) });
};

export const checkPlace = ({ data, url }: Place): void => {
  if (data === undefined || url === undefined) return;
  throw new RollcallError(
    'PLACE_TWICE',
    '--data and --url are both given.',
    'Give the directory or the server, not both.',
  );
};
