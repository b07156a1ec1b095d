import type { Role } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import { type Command, Option } from 'commander';
import type { Context } from '../../context.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { durationSchema } from '../../settings/duration.ts';
import { administered, type Options, withOptions } from './administered.ts';
import { tokenLine } from './user-line.ts';

type Added = Options & { role?: Role; expires?: string; note?: string };

/** `rollcall user token …`: what programs log in with. */
export const registerTokens = (user: Command, context: Context): void => {
  const token = user.command('token').description('tokens for programs: add, list, revoke').addHelpText('after', HELP);
  withOptions(token.command('add').argument('<user>'))
    .description('make a token, and show it this once')
    .addOption(new Option('--role <role>', 'let it do less than its user').choices(['read', 'operate']))
    .option('--expires <duration>', 'how long it is good: 12h, 90d; for ever unless given')
    .option('--note <text>', 'what it is for, 200 characters at most')
    .action((name: string, options: Added) => add(name, options, context));
  withOptions(token.command('list').argument('[user]'))
    .description('the tokens of a user, or of all; none is shown itself')
    .action((name: string | undefined, options: Options) => list(name, options, context));
  withOptions(token.command('revoke').argument('<id>', 'as token list tells it'))
    .description('make a token good for nothing')
    .action((id: string, options: Options) => revoke(id, options, context));
};

const add = (name: string, options: Added, context: Context): void => {
  const { role, expires, note, json } = options;
  const age = expires === undefined ? undefined : durationSchema.safeParse(expires);
  if (age && !age.success) throw usage(`--expires ${age.error.issues[0]?.message}`);
  if (age?.data === 0) throw usage('--expires 0 makes a token that is over at once');
  if (note !== undefined && note.length > 200) throw usage('--note has more than 200 characters');
  const until = age && context.world.clock.now() + age.data;
  const made = administered(options, context).users.addToken(name, { role, expires: until, note });
  // Alone on standard output: it may go into a file.
  if (!json) context.terminal.err(`Token ${made.id} of ${name}; it is not shown again:\n`);
  context.terminal.out(json ? jsonLine(made) : `${made.token}\n`);
};

const list = (name: string | undefined, options: Options, context: Context): void => {
  const all = administered(options, context).users.users();
  const meant = name === undefined ? all : all.filter((user) => user.name === name);
  if (name !== undefined && meant.length === 0) {
    throw new RollcallError('USER_UNKNOWN', `There is no user "${name}".`, '"rollcall user list" tells who there is.');
  }
  const tokens = meant.flatMap((user) => user.tokens.map((token) => ({ user: user.name, ...token })));
  if (options.json) context.terminal.out(jsonLine({ tokens }));
  else {
    const now = context.world.clock.now();
    context.terminal.out(tokens.map((token) => `${token.user}  ${tokenLine(token, now)}\n`).join(''));
  }
};

const revoke = (id: string, options: Options, context: Context): void => {
  administered(options, context).users.revokeToken(id);
  context.terminal.out(options.json ? jsonLine({ revoked: id }) : `Token ${id} is good for nothing now.\n`);
};

const usage = (what: string) => new RollcallError('USAGE', `${what}.`, 'See "rollcall user token add --help".');

const HELP = `
Examples:
  rollcall user token add wallboard --expires 90d > wallboard.token
  curl -H "Authorization: Bearer $(cat wallboard.token)" http://127.0.0.1:8099/v1/channels
  rollcall channels --url https://pbx.example:8099 --token-file wallboard.token
`;
