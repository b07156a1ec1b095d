import { RollcallError } from '@rollcall/errors';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { checkPlace } from '../reading/reading.ts';
import type { Server } from './ask-server.ts';
import { readToken, tokenPath } from './operator-token.ts';
import { findRunning } from './running-file.ts';

/** Which Rollcall is operated. */
export type OperatingPlace = { data?: string; url?: string; tokenFile?: string };

/** The options by which every operating command is told where. */
export const operatingOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory; the Rollcall that runs on it is asked')
    .option('--url <url>', 'ask the Rollcall that serves http://HOST:PORT; with --token-file, or ROLLCALL_TOKEN')
    .option('--token-file <file>', "with --url: the operator's token, from operator.token of that data directory");

/**
 * The running Rollcall that is meant; undefined where none runs on the data directory, or none that serves HTTP.
 * @throws RollcallError PLACE_TWICE, TOKEN_NEEDED, TOKEN_MISSING, TOKEN_UNREADABLE, DATA_DIR_UNREADABLE
 */
export const runningServer = (place: OperatingPlace, context: Context): Server | undefined => {
  checkPlace(place);
  const { url, tokenFile } = place;
  if (url !== undefined) return { url, token: tokenFor(tokenFile, context.env) };
  if (tokenFile !== undefined) throw tokenNeeded('--token-file goes with --url; with --data the token is found there.');
  const data = dataOf(place, context);
  const running = findRunning(data, context.world.clock);
  return running && { url: running.url, token: readToken(tokenPath(data)) };
};

export const dataOf = ({ data }: OperatingPlace, { settings }: Context): string => data ?? settings.data;

const tokenFor = (file: string | undefined, env: NodeJS.ProcessEnv): string => {
  if (file !== undefined) return readToken(file);
  if (env.ROLLCALL_TOKEN) return env.ROLLCALL_TOKEN;
  throw tokenNeeded("--url needs the operator's token.");
};

const tokenNeeded = (what: string) =>
  new RollcallError(
    'TOKEN_NEEDED',
    what,
    'Copy operator.token from that data directory: --token-file FILE, or ROLLCALL_TOKEN.',
  );
