import { RollcallError } from '@rollcall/errors';
import type { Command } from 'commander';
import { createSecretAsker } from '../../ask-secret.ts';
import type { Context } from '../../context.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { administered, type Options, withOptions } from './administered.ts';

type Changed = Options & { amiSecret?: boolean; revokeAmiSecret?: boolean };

/** `rollcall user passwd`: another password, or another AMI secret. */
export const registerPasswd = (user: Command, context: Context): void => {
  withOptions(user.command('passwd').argument('<name>'))
    .description('give a user another password; it is asked for, or read from standard input')
    .option('--ami-secret', 'the secret for AMI instead of the password')
    .option('--revoke-ami-secret', 'take the secret for AMI away')
    .addHelpText('after', HELP)
    .action((name: string, options: Changed) => change(name, options, context));
};

const change = async (name: string, options: Changed, context: Context): Promise<void> => {
  const { users } = administered(options, context);
  if (!users.users().some((user) => user.name === name)) {
    throw new RollcallError('USER_UNKNOWN', `There is no user "${name}".`, '"rollcall user list" tells who there is.');
  }
  const what = options.amiSecret || options.revokeAmiSecret ? 'AMI secret' : 'Password';
  const asker = createSecretAsker(context.terminal);
  try {
    if (options.revokeAmiSecret) users.setAmiSecret(name, undefined);
    else if (options.amiSecret) users.setAmiSecret(name, await asker.ask(what));
    else await users.setPassword(name, await asker.ask(what));
  } finally {
    asker.close();
  }
  const done = options.revokeAmiSecret ? 'taken away' : 'changed';
  context.terminal.out(options.json ? jsonLine({ user: name, [done]: what }) : `${what} of ${name}: ${done}.\n`);
};

const HELP = `
Who is logged in with what was changed is logged out within a second or two.

Examples:
  rollcall user passwd alice
  rollcall user passwd panel --ami-secret < secret.txt
`;
