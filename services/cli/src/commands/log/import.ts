import { open } from 'node:fs/promises';
import { RollcallError } from '@rollcall/errors';
import { exportLines, restoreLog } from '@rollcall/event-log';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { jsonLine } from '../../reading/json-line.ts';

type Options = { data?: string; json?: boolean };

/** `rollcall log import`: a log made of its export. */
export const registerImportLog = (log: Command, context: Context): void => {
  log
    .command('import')
    .description('make a log of an export, the same to the byte; run again after an interruption it goes on')
    .argument('<file>', 'an export, as it is or gzipped; - reads standard input')
    .option('--data <dir>', 'data directory: empty, or one in which the same import was interrupted')
    .option('--json', 'print the result as one JSON object')
    .action((file: string, options: Options) => importLog(file, options, context));
};

const importLog = async (file: string, { data, json }: Options, context: Context): Promise<void> => {
  const { terminal, world, settings } = context;
  const dir = data ?? settings.data;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop);
  try {
    const { id, events, written, complete } = await restoreLog({
      dir,
      world,
      lines: exportLines(file === '-' ? process.stdin : await openFile(file)),
      signal: stopping.signal,
    });
    if (json) terminal.out(jsonLine({ id, events, written, complete }));
    else terminal.out(`${dir}: ${written} events written, ${events - written} were there already; log ${id}.\n`);
    if (complete) return;
    terminal.err('It came to no end: run it again with the whole export, and it goes on.\n');
    process.exitCode = 1;
  } finally {
    process.off('SIGINT', stop);
  }
};

const openFile = async (file: string): Promise<AsyncIterable<Buffer>> => {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new RollcallError(
      'FILE_NOT_READ',
      `${file} cannot be read: ${error.code}.`,
      'Check its name and permissions.',
    );
  });
  return handle.createReadStream();
};
