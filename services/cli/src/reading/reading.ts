import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { readToken } from '../operations/operator-token.ts';
import { trustAuthority } from '../trust-authority.ts';
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

export type Place = { data?: string; url?: string; tokenFile?: string; caFile?: string };

/** A Rollcall elsewhere, and what it is shown. */
export type Remote = { url: string; token: string | undefined };

/** The options by which every reading command is told where to read. */
export const placeOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'read this data directory; a running Rollcall need not be there, and is not disturbed')
    .option('--url <url>', 'ask the Rollcall that serves http://HOST:PORT or https://HOST:PORT instead')
    .option('--token-file <file>', 'with --url: a token ("rollcall user token add"); or ROLLCALL_TOKEN')
    .option(
      '--ca-file <file>',
      'with --url: the authority of its certificate, in PEM, where the system does not know it',
    );

/** @throws RollcallError those of openView and fetchView, and PLACE_TWICE */
export const openReading = async (
  options: Place & { at?: string; pbx?: string },
  context: Pick<Context, 'world' | 'settings' | 'env'>,
): Promise<Reading> => {
  const { world, settings } = context;
  const { at, pbx } = options;
  const remote = remoteOf(options, context);
  if (remote) return { ...(await fetchView({ ...remote, at, pbx, world })), log: undefined, close: async () => {} };
  return openView({ data: options.data ?? settings.data, settings, world, ...(at === undefined ? {} : { at }) });
};

/**
 * The Rollcall elsewhere that is meant; undefined where a data directory is. Its authority is trusted from here on.
 * @throws RollcallError PLACE_TWICE, URL_NEEDED, TOKEN_MISSING, TOKEN_UNREADABLE, CA_FILE_WRONG
 */
export const remoteOf = (place: Place, { env }: Pick<Context, 'env'>): Remote | undefined => {
  checkPlace(place);
  const { url, tokenFile, caFile } = place;
  if (url === undefined) return undefined;
  if (caFile !== undefined) trustAuthority(caFile);
  return { url, token: tokenFile === undefined ? env.ROLLCALL_TOKEN || undefined : readToken(tokenFile) };
};

const checkPlace = ({ data, url, tokenFile, caFile }: Place): void => {
  if (url === undefined && (tokenFile ?? caFile) !== undefined) {
    throw new RollcallError(
      'URL_NEEDED',
      `${tokenFile === undefined ? '--ca-file' : '--token-file'} goes with --url.`,
      'Give the server too: --url https://HOST:PORT. With --data neither is needed.',
    );
  }
  if (data === undefined || url === undefined) return;
  throw new RollcallError(
    'PLACE_TWICE',
    '--data and --url are both given.',
    'Give the directory or the server, not both.',
  );
};
