import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { administered, type Options, withOptions } from './administered.ts';
import { nobodyLine } from './user-line.ts';

/** `rollcall user revoke`: somebody who may log in no longer. */
export const registerRevoke = (user: Command, context: Context): void => {
  withOptions(user.command('revoke').argument('<name>'))
    .description('take a user out, with all tokens; what is connected is disconnected')
    .addHelpText('after', HELP)
    .action((name: string, options: Options) => revoke(name, options, context));
};

const revoke = (name: string, options: Options, context: Context): void => {
  const { dir, users } = administered(options, context);
  users.revokeUser(name);
  context.terminal.out(options.json ? jsonLine({ revoked: name }) : `${name} is taken out of ${dir}.\n`);
  if (users.users().length === 0) context.terminal.err(nobodyLine(dir, users.asked()));
};

const HELP = `
When the last user is gone logins are still asked for, and nobody has one: only the commands of this machine go on.
To serve this machine without logins again, remove users.json from the data directory.
`;
