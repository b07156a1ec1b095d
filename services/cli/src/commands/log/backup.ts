import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { openDirLog } from '../../engines/settings-log.ts';
import { createProgress } from '../../progress.ts';
import { bytes } from '../../reading/bytes.ts';

type Options = { data?: string };

/** `rollcall log backup`: a copy of the log as it is at this moment. */
export const registerBackup = (log: Command, context: Context): void => {
  log
    .command('backup')
    .description('copy the log, as it is at this moment, into a new file; Rollcall may run on')
    .argument('<file>', 'file to make; it becomes the events.db of a data directory')
    .option('--data <dir>', 'data directory; a running Rollcall is not disturbed')
    .addHelpText('after', HELP)
    .action((file: string, options: Options) => backup(file, options, context));
};

const backup = async (file: string, { data }: Options, { terminal, world, settings }: Context): Promise<void> => {
  const log = openDirLog({ data: data ?? settings.data, settings, world }, 'A backup');
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop);
  let shown: ReturnType<typeof createProgress> | undefined;
  try {
    const made = await log.backup({
      to: file,
      signal: stopping.signal,
      progress: ({ bytes: done, total }) => {
        shown ??= createProgress(terminal, 'backup', total);
        shown.at(done);
      },
    });
    shown?.done();
    terminal.out(`${file}: ${bytes(made.bytes)}\n`);
  } finally {
    shown?.done();
    process.off('SIGINT', stop);
    await log.close();
  }
};

const HELP = `
To go back to it: stop Rollcall, set events.db and the files beginning with that name aside, and put the copy there
as events.db. Or look at it beside the running one: mkdir old && cp FILE old/events.db && rollcall channels --data old
`;
