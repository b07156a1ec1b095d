import { open } from 'node:fs/promises';
import { type Recording, readAmiRecording, readAriRecording } from '@rollcall/asterisk';
import type { Observation } from '@rollcall/channel';
import { errorLine, RollcallError } from '@rollcall/errors';
import { createIngestCounters, createRecording, createWriter } from '@rollcall/ingest';
import { openDataDir } from '@rollcall/projector-service/list';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { createProgress } from '../progress.ts';
import { openIngestLog } from '../services/ingest-log.ts';
import { createLogger } from '../services/run-service.ts';
import { enginesOf } from '../settings/engines.ts';
import { loadSettings } from '../settings/load.ts';
import { pbxNameSchema } from '../settings/schema.ts';
import { collect, engineOptions, newLogOptions } from './service-options.ts';

/** Observations that share a durable commit. */
const BATCH = 1000;

type ImportOptions = Partial<
  Record<
    'log' | 'kafka' | 'kafkaSecretFile' | 'kafkaCaFile' | 'eventstore' | 'logPartitions' | 'logReplication',
    string
  >
> & {
  pbx: string;
  ami?: string;
  ari?: string;
  chunks?: string;
  data?: string;
  variable: string[];
  json?: boolean;
};

/** `rollcall import`: a recorded feed through the very same path as a live one. */
export const registerImport = (program: Command, context: Context): void => {
  const command = program
    .command('import')
    .description('read a recorded AMI or ARI feed into the log')
    .requiredOption('--pbx <name>', 'the PBX that it is of')
    .option('--ami <file>', 'bytes of an AMI connection as received (.gz too, - for standard input)')
    .option('--ari <file>', 'ARI events, one JSON object a line, or {t, e} lines (.gz too, - for standard input)')
    .option('--chunks <file>', 'with --ami: when which bytes came, {t, at, n} lines')
    .option('--variable <name>', 'channel variable to keep (repeatable)', collect, [])
    .option('--json', 'print the counts as JSON');
  newLogOptions(engineOptions(command))
    .addHelpText('after', HELP)
    .action((options: ImportOptions) => importFeed(options, context));
};

const importFeed = async (options: ImportOptions, context: Context): Promise<void> => {
  const { terminal, world } = context;
  const name = pbxNameSchema.safeParse(options.pbx);
  if (!name.success) throw usage(`--pbx ${options.pbx.slice(0, 80)} ${name.error.issues[0]?.message}`);
  const source = options.ari === undefined ? 'ami' : 'ari';
  const file = options.ami ?? options.ari;
  if (file === undefined || (options.ami !== undefined && options.ari !== undefined)) {
    throw usage('one of --ami FILE and --ari FILE is needed');
  }
  const feed = await openFeed(file);
  const recorded = await openRecording(feed.bytes, source, options);
  const say = (line: string): void => terminal.err(`${line}\n`);
  const target = await openTarget(options, context, say);
  try {
    const counters = createIngestCounters();
    const writer = createWriter({
      pbx: options.pbx,
      log: target.log,
      world,
      counters,
      signal: new AbortController().signal,
      canAsk: false,
      suspect: () => {},
      stalled: (error) => say(error ? `Waiting: ${errorLine(error)}` : 'The log can be written again: going on.'),
    });
    await writer.load(target.listed(), target.setAside());
    const recording = createRecording({ writer, counters, source });
    await recording.begin();
    const progress = createProgress(terminal, 'import', feed.size);
    let waiting: Observation[] = [];
    for await (const { observations } of recorded.parts) {
      waiting.push(...observations);
      if (waiting.length < BATCH) continue;
      await recording.observe(waiting);
      waiting = [];
      progress.at(feed.read());
    }
    await recording.observe(waiting);
    progress.done();
    await recording.end();
    const live = [...writer.live()].length;
    const { report } = recorded;
    if (options.json) terminal.out(`${JSON.stringify({ live, counters, report })}\n`);
    else terminal.out(summary(options.pbx, live, counters, report));
    for (const { line, why } of report.examples) terminal.err(`skipped${line ? ` line ${line}` : ''}: ${why}\n`);
    if (report.damage) terminal.err(`${file}: ${report.damage}\n`);
  } finally {
    await target.close();
  }
};

/** The log that is written to: on this disk with its images, or on a server. */
const openTarget = async (
  { data, log, kafka, kafkaSecretFile, kafkaCaFile, eventstore, logPartitions, logReplication }: ImportOptions,
  { env, world }: Context,
  warn: (line: string) => void,
) => {
  const flags = { data, log, kafka, kafkaSecretFile, kafkaCaFile, eventstore, logPartitions, logReplication };
  const settings = loadSettings(given(flags), env);
  const { log: engine } = await enginesOf(settings);
  if (engine.is === 'embedded') {
    const dir = await openDataDir({ data: settings.data, world, warn });
    const setAside = () => [...dir.cache.quarantine()].map(({ stream }) => stream);
    return { log: dir.log, listed: () => dir.cache.list(), setAside, close: dir.close };
  }
  const { signal } = new AbortController();
  const logger = createLogger({ logLevel: 'warn', logFormat: 'text' });
  return openIngestLog({ engine, settings, world, logger, signal, problem: (line) => line && warn(line) });
};

const given = (flags: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

const openRecording = async (
  bytes: AsyncIterable<Buffer>,
  source: 'ami' | 'ari',
  options: ImportOptions,
): Promise<Recording> => {
  const variables = options.variable;
  if (source === 'ari') return readAriRecording(bytes, { variables });
  const { chunks: name } = options;
  const chunks = name === undefined ? undefined : { name, input: (await openFile(name)).stream };
  return readAmiRecording(bytes, { variables, chunks });
};

const openFeed = async (file: string) => {
  if (file === '-') return { bytes: process.stdin as AsyncIterable<Buffer>, size: 0, read: () => 0 };
  const { stream, size } = await openFile(file);
  return { bytes: stream as AsyncIterable<Buffer>, size, read: () => stream.bytesRead };
};

/** Opened before anything is read of it: a stream that fails while nobody reads it yet would end the process. */
const openFile = async (file: string) => {
  const cannot = (why: string) => usage(`${file} cannot be read: ${why}`);
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw cannot(error.code === 'ENOENT' ? 'there is no such file' : error.message);
  });
  const stats = await handle.stat();
  if (!stats.isDirectory()) return { stream: handle.createReadStream(), size: stats.size };
  await handle.close();
  throw cannot('it is a directory');
};

const summary = (
  pbx: string,
  live: number,
  counters: ReturnType<typeof createIngestCounters>,
  report: Recording['report'],
): string => {
  const { late, suspect, duplicate, unknown, unchanged, ended, reconciled } = counters;
  return `${[
    `${pbx}: ${report.events} events read, ${counters.observations} about channels, ${counters.events} written`,
    `  changed nothing  ${unchanged}`,
    `  ghosts prevented ${late} late, ${suspect} suspect, ${ended} of a dead boot, ${reconciled.removed} by the PBX's lists`,
    `  not believed     ${unknown} about channels never seen, ${duplicate} second ends`,
    `  not understood   ${report.malformed}`,
    `  live at the end  ${live}`,
  ].join('\n')}\n`;
};

const usage = (what: string) => new RollcallError('USAGE', `${what}.`, 'See "rollcall import --help".');

const HELP = `
A recording is read as if it were heard now: lists that it holds (CoreStatus, Status,
CoreShowChannels) are compared where they stand in it, a restart of the PBX is told from
its uptimes or uniqueids. At its end the PBX counts as not connected.

Examples:
  rollcall import --pbx pbx-a --ami ami.raw.gz --chunks ami.chunks.ndjson.gz
  zcat ari.ndjson.gz | rollcall import --pbx pbx-a --ari -
`;
