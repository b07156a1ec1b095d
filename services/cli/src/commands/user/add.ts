import type { Role } from '@rollcall/access';
import { type Command, Option } from 'commander';
import { createSecretAsker } from '../../ask-secret.ts';
import type { Context } from '../../context.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { collect } from '../service-options.ts';
import { administered, makeDataDir, type Options, withOptions } from './administered.ts';
import { userLine } from './user-line.ts';

type Added = Options & { role: Role; pbx?: string[]; password: boolean; amiSecret?: boolean };

/** `rollcall user add`: somebody who may log in. */
export const registerAdd = (user: Command, context: Context): void => {
  withOptions(user.command('add').argument('<name>', 'letters, digits, and . _ - @ inside, 64 at most'))
    .description('add a user; the password is asked for, or read from standard input')
    .addOption(new Option('--role <role>', 'what the user may do').choices(['read', 'operate']).default('read'))
    .option('--pbx <name>', 'see this PBX alone (repeatable)', collect)
    .option('--no-password', 'log in with tokens or over AMI alone')
    .option('--ami-secret', 'ask for a secret for AMI too; it is kept as it is, since MD5 logins need that')
    .addHelpText('after', HELP)
    .action((name: string, options: Added) => add(name, options, context));
};

const add = async (name: string, options: Added, context: Context): Promise<void> => {
  const { role, pbx, json } = options;
  const asker = createSecretAsker(context.terminal);
  try {
    const password = options.password ? await asker.ask('Password') : undefined;
    const amiSecret = options.amiSecret ? await asker.ask('AMI secret') : undefined;
    const { dir, users } = administered(options, context);
    makeDataDir(dir);
    const user = await users.addUser({ name, role, pbxs: pbx, password, amiSecret });
    context.terminal.out(json ? jsonLine({ user }) : `Added to ${dir}: ${userLine(user)}\n`);
  } finally {
    asker.close();
  }
};

const HELP = `
In a pipe the first line of standard input is the password, the next one the AMI secret.
As soon as there is a user, every face asks for a login, and other addresses than loopback may be served.

Examples:
  rollcall user add alice
  rollcall user add ops --role operate
  rollcall user add wallboard --no-password --pbx pbx-a
  rollcall user add panel --no-password --ami-secret
  printf '%s\\n' "$PASSWORD" | rollcall user add alice --json
`;
