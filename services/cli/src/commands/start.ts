import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { listLine } from '../list-line.ts';
import { retentionText } from '../retention.ts';
import { type Running, startRollcall } from '../running.ts';
import { startOnKafka } from '../running-on-kafka.ts';
import { createLogger, runService } from '../services/run-service.ts';
import { enginesOf } from '../settings/engines.ts';
import { type Flags, loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings/schema.ts';
import { showList } from '../show-list.ts';
import { stopSignal } from '../signals.ts';
import type { Terminal } from '../terminal.ts';
import { engineOptions, newLogOptions, pbxOptions, processOptions, servingOptions } from './service-options.ts';

/** `rollcall start`: everything in one process, until SIGTERM or SIGINT. */
export const registerStart = (program: Command, context: Context): void => {
  const command = program
    .command('start', { isDefault: false })
    .description('run everything in one process: follow the PBXs, keep the log and the list, serve them');
  newLogOptions(engineOptions(pbxOptions(command)))
    .option('--publish <kafka>', 'publish the list, as topic rollcall.channels: kafka, or kafka://HOST:PORT')
    .option('--ami <host:port>', "where to serve tools for Asterisk's AMI, or off (default: off)")
    .option('--retain <duration>', 'how long the events of channels that are over are kept, or off (default: 30d)')
    .option(
      '--retain-size <size>',
      'in how many bytes at most, or off (default: a quarter of the disk, 8 GiB at most)',
    );
  processOptions(servingOptions(command))
    .addHelpText('after', HELP)
    .action((flags: Flags) => start(loadSettings(flags, context.env), context));
};

const start = async (settings: Settings, { terminal, world }: Context): Promise<void> => {
  const logger = createLogger(settings);
  const { log, publish } = await enginesOf(settings);
  if (log.is === 'kafka') {
    const engines = { log, publish: publish ?? log.connection };
    return runService(() => startOnKafka(settings, engines, world, logger), { out: terminal.out, logger });
  }
  const stopped = stopSignal();
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort());
  const running = await startRollcall(settings, world, logger, { log, publish }, stopping.signal);
  greet(terminal, settings, running);
  const hide = Object.keys(settings.pbx).length === 0 ? showList(running, terminal, world) : () => {};
  const signal = await stopped;
  hide();
  logger.info(`${signal}: stopping`);
  await running.stop();
};

const greet = (terminal: Terminal, settings: Settings, { url, ami, dir, retention }: Running): void => {
  const names = Object.keys(settings.pbx);
  const lines = [
    'Rollcall: the true list of live channels',
    `  data  ${settings.data} (log at position ${dir.cache.checkpoint}, ${dir.cache.size} channels)`,
    `        ${retention ? retentionText(retention) : 'the log is on a server'}`,
    listLine(url),
  ];
  if (ami) lines.push(`  AMI   ${ami}`);
  if (settings.publish) lines.push('  topic rollcall.channels');
  if (names.length === 0) {
    lines.push(
      '  PBX   demo: no PBX was named, so a recording of a real Asterisk 22 plays, in real time and in a loop',
      '        your own: npx rollcall start --pbx NAME=ami://USER:SECRET@HOST:5038',
    );
  } else lines.push(`  PBX   ${names.join(', ')}`);
  lines.push('  see   npx rollcall watch      npx rollcall channels      npx rollcall --help', '');
  terminal.out(`${lines.join('\n')}\n`);
};

const HELP = `
Without any --pbx a bundled recording of a real Asterisk plays as PBX "demo".
Settings also come from a config file (--config, ROLLCALL_CONFIG) and from the environment:
ROLLCALL_PBX, ROLLCALL_DATA, ROLLCALL_HTTP, …; docs/settings.md lists all. What the command line
says comes first. A secret in a command line can be read by other users of the machine: put it
into the config file's secretFile.

Examples:
  rollcall start
  rollcall start --pbx pbx-a=ami://rollcall:secret@10.0.0.5:5038
  rollcall start --pbx a=amis://rollcall:secret@a.example --pbx b=ari+http://rollcall:secret@b.example:8088
  rollcall start --config /etc/rollcall.yaml
`;
