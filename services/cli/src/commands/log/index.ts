import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerCompact } from './compact.ts';
import { registerTail } from './tail.ts';

/** `rollcall log …`: the event log itself. */
export const registerLog = (program: Command, context: Context): void => {
  const log = program.command('log').description('look at the event log, export, import, back up and compact it');
  registerTail(log, context);
  registerCompact(log, context);
};
