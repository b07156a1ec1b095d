import { createWriteStream } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Position, position } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { openDirLog } from '../../engines/settings-log.ts';
import { usage } from './usage.ts';

type Options = { data?: string; from?: string; to?: string };

/** `rollcall log export`: every event as a line of JSON. */
export const registerExport = (log: Command, context: Context): void => {
  log
    .command('export')
    .description('write every event as a line of JSON; "log import" makes the same log of it')
    .argument('[file]', 'file to make, gzipped when its name ends in .gz; standard output unless given', '-')
    .option('--data <dir>', 'data directory; a running Rollcall is not disturbed')
    .option('--from <position>', 'only what follows this position: a part, to import behind the part before it')
    .option('--to <position>', 'up to this position')
    .addHelpText('after', HELP)
    .action((file: string, options: Options) => exportTo(file, options, context));
};

const exportTo = async (
  file: string,
  { data, from, to }: Options,
  { world, settings, terminal }: Context,
): Promise<void> => {
  const part = { ...place('from', from), ...place('to', to) };
  const log = openDirLog({ data: data ?? settings.data, settings, world }, 'An export');
  try {
    const text = Readable.from(log.export(part), { objectMode: false });
    if (file === '-') await pipeline(text, toTerminal(terminal.out));
    else if (file.endsWith('.gz')) await pipeline(text, createGzip(), newFile(file));
    else await pipeline(text, newFile(file));
  } catch (error) {
    throw errorOf(file, error);
  } finally {
    await log.close();
  }
};

const place = (name: 'from' | 'to', text: string | undefined): { from?: Position; to?: Position } => {
  if (text === undefined) return {};
  if (!/^\d{1,15}$/.test(text)) throw usage(`--${name} ${JSON.stringify(text.slice(0, 20))} is no position`, 'export');
  return { [name]: position(Number(text)) };
};

const newFile = (file: string): Writable => createWriteStream(file, { flags: 'wx', mode: 0o600 });

const toTerminal =
  (out: (text: string) => void) =>
  async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of chunks) out(decoder.decode(chunk, { stream: true }));
  };

const errorOf = (file: string, error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST') return new RollcallError('FILE_EXISTS', `There is a file ${file} already.`, 'Name another.');
  if (error instanceof RollcallError || typeof code !== 'string') return error;
  return new RollcallError(
    'FILE_NOT_WRITTEN',
    `${file} cannot be written: ${code}.`,
    'Check its directory and the disk.',
  );
};

const HELP = `
What cannot be read as an event is in it as it stands, so that nothing is lost. It can be taken while Rollcall runs.

Examples:
  rollcall log export log.ndjson.gz
  rollcall log export | jq -c 'select(.type=="ChannelDestroyed")'
`;
