import { type Administration, administer } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import { makeDirectory } from '@rollcall/event-log';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';

export type Options = { data?: string; json?: boolean };

/** The options that every command about users has. */
export const withOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory; a Rollcall that runs on it knows within a second')
    .option('--json', 'print the result as one JSON object');

/** The users of the data directory that is meant. */
export const administered = (
  { data }: Options,
  { world, settings }: Context,
): { dir: string; users: Administration } => {
  const dir = data ?? settings.data;
  return { dir, users: administer(dir, world) };
};

/** Users may be there before the first start, which without them would serve this machine alone. */
export const makeDataDir = (dir: string): void => {
  try {
    makeDirectory(dir);
  } catch (error) {
    throw new RollcallError(
      'USERS_NOT_SAVED',
      `${dir} cannot be made: ${error instanceof Error && 'code' in error ? error.code : error}.`,
      'Give the data directory: --data DIR.',
    );
  }
};
