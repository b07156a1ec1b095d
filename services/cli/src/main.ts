import { systemWorld } from '@rollcall/clock';
import { errorLine, isRollcallError } from '@rollcall/errors';
import { Command, CommanderError } from 'commander';
import type { Context } from './context.ts';
import { loadSettings } from './settings/load.ts';
import type { Settings } from './settings/schema.ts';
import { processTerminal } from './terminal.ts';

/** `rollcall …`. Exit status: 0 done; 1 no, or different; 2 it could not be done, with one line that says why. */
export const main = async (args: string[]): Promise<void> => {
  const terminal = processTerminal();
  // A reader that has seen enough (head, less) closes the pipe: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
  try {
    let settings: Settings | undefined;
    const context: Context = {
      terminal,
      world: systemWorld,
      env: process.env,
      // Read when a command needs them: what is wrong there keeps nobody from the help.
      get settings() {
        settings ??= loadSettings({}, process.env);
        return settings;
      },
    };
    const program = await createProgram(context, args[0]);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      terminal.err(`${errorLine(error)}\n`);
      if (!isRollcallError(error) && error instanceof Error && process.env.ROLLCALL_LOG_LEVEL === 'debug') {
        terminal.err(`${error.stack}\n`);
      }
      process.exitCode = 2;
    }
  }
};

type Register = (program: Command, context: Context) => void;

/** In the order of the help. */
const COMMANDS: Record<string, () => Promise<Register>> = {
  start: async () => (await import('./commands/start.ts')).registerStart,
  ingest: async () => (await import('./commands/ingest.ts')).registerIngest,
  projector: async () => (await import('./commands/projector.ts')).registerProjector,
  api: async () => (await import('./commands/api.ts')).registerApi,
  import: async () => (await import('./commands/import.ts')).registerImport,
  channels: async () => (await import('./commands/channels.ts')).registerChannels,
  channel: async () => (await import('./commands/channel.ts')).registerChannel,
  watch: async () => (await import('./commands/watch.ts')).registerWatch,
  verify: async () => (await import('./commands/verify.ts')).registerVerify,
  audit: async () => (await import('./commands/audit.ts')).registerAudit,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  log: async () => (await import('./commands/log/index.ts')).registerLog,
  replay: async () => (await import('./commands/replay.ts')).registerReplay,
  quarantine: async () => (await import('./commands/quarantine.ts')).registerQuarantine,
  user: async () => (await import('./commands/user/index.ts')).registerUser,
};

/** A command that is named is all that is loaded: most of what a short one takes is reading code. The help needs them all. */
const createProgram = async (context: Context, named: string | undefined): Promise<Command> => {
  const program = new Command('rollcall')
    .description('The true list of live channels of your Asterisk PBXs.')
    .version('0.1.0')
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText('after', HELP)
    .exitOverride();
  const only = named !== undefined && Object.hasOwn(COMMANDS, named) ? COMMANDS[named] : undefined;
  for (const load of only ? [only] : Object.values(COMMANDS)) (await load())(program, context);
  return program;
};

const HELP = `
Start here:
  rollcall start                                             a recording plays as PBX "demo"
  rollcall start --pbx pbx-a=ami://USER:SECRET@HOST:5038     your own PBX
Then, in another terminal:
  rollcall channels              what "core show channels" prints, without ghosts
  rollcall watch                 the list, live
  rollcall channel ID            one channel: its whole story
  rollcall verify                is the list what the log says?
  rollcall audit                 is it what the PBX says? Which of Asterisk's own entries are ghosts?
  rollcall replay                make it what the log says
  rollcall quarantine            is anything in the log that could not be read?
More than one machine (docs/engines.md):
  rollcall ingest, projector, api    the services, each in a process of its own; the log in Kafka or EventStoreDB
  rollcall user add NAME         who may log in, so that others than this machine can be served
`;
