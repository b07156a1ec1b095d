import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { administered, type Options, withOptions } from './administered.ts';
import { nobodyLine, userLine } from './user-line.ts';

/** `rollcall user list`: who may log in, without secrets. */
export const registerList = (user: Command, context: Context): void => {
  withOptions(user.command('list'))
    .description('who may log in, what they may do, and by what they log in; no secret is shown')
    .action((options: Options) => list(options, context));
};

const list = (options: Options, context: Context): void => {
  const { dir, users } = administered(options, context);
  const known = users.users();
  if (options.json) context.terminal.out(jsonLine({ users: known }));
  else if (known.length > 0) context.terminal.out(known.map((user) => `${userLine(user)}\n`).join(''));
  else context.terminal.err(nobodyLine(dir, users.asked()));
};
