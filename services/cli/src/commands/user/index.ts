import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerAdd } from './add.ts';
import { registerList } from './list.ts';
import { registerPasswd } from './passwd.ts';
import { registerRevoke } from './revoke.ts';
import { registerTokens } from './tokens.ts';

/** `rollcall user …`: who may log in. */
export const registerUser = (program: Command, context: Context): void => {
  const user = program.command('user').description('who may log in: add, list, change and revoke users and tokens');
  registerAdd(user, context);
  registerList(user, context);
  registerPasswd(user, context);
  registerRevoke(user, context);
  registerTokens(user, context);
};
