import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerBackup } from './backup.ts';
import { registerCompact } from './compact.ts';
import { registerExport } from './export.ts';
import { registerImportLog } from './import.ts';
import { registerStats } from './stats.ts';
import { registerTail } from './tail.ts';

/** `rollcall log …`: the event log itself. */
export const registerLog = (program: Command, context: Context): void => {
  const log = program.command('log').description('look at the event log, export, import, back up and compact it');
  registerStats(log, context);
  registerTail(log, context);
  registerExport(log, context);
  registerImportLog(log, context);
  registerBackup(log, context);
  registerCompact(log, context);
};
