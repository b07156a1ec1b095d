import { RollcallError } from '@rollcall/errors';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type Place, remoteOf } from '../reading/reading.ts';
import type { Server } from './ask-server.ts';
import { readToken, tokenPath } from './operator-token.ts';
import { findRunning } from './running-file.ts';

/** Which Rollcall is operated. */
export type OperatingPlace = Place;

/** The options by which every operating command is told where. */
export const operatingOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory; the Rollcall that runs on it is asked')
    .option('--url <url>', 'ask the Rollcall that serves http://HOST:PORT; with --token-file, or ROLLCALL_TOKEN')
    .option(
      '--token-file <file>',
      'with --url: operator.token of that data directory, or a token of a user who may operate',
    )
    .option(
      '--ca-file <file>',
      'with --url: the authority of its certificate, in PEM, where the system does not know it',
    );

/**
 * The running Rollcall that is meant; undefined where none runs on the data directory, or none that serves HTTP.
 * @throws RollcallError PLACE_TWICE, TOKEN_NEEDED, TOKEN_MISSING, TOKEN_UNREADABLE, DATA_DIR_UNREADABLE
 */
export const runningServer = (place: OperatingPlace, context: Context): Server | undefined => {
  if (place.url === undefined && place.tokenFile !== undefined) {
    throw tokenNeeded('--token-file goes with --url; with --data the token is found there.');
  }
  const remote = remoteOf(place, context);
  if (remote) {
    const { url, token } = remote;
    if (token === undefined) throw tokenNeeded('--url needs a token of who may operate.');
    return { url, token };
  }
  const data = dataOf(place, context);
  const running = findRunning(data, context.world.clock);
  return running && { url: running.url, token: readToken(tokenPath(data)) };
};

export const dataOf = ({ data }: OperatingPlace, { settings }: Context): string => data ?? settings.data;

const tokenNeeded = (what: string) =>
  new RollcallError(
    'TOKEN_NEEDED',
    what,
    'Copy operator.token from that data directory: --token-file FILE, or ROLLCALL_TOKEN.',
  );
