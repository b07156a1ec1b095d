import { systemWorld } from '@rollcall/clock';
import { errorLine, isRollcallError } from '@rollcall/errors';
import { Command, CommanderError } from 'commander';
import { registerAudit } from './commands/audit.ts';
import { registerChannel } from './commands/channel.ts';
import { registerChannels } from './commands/channels.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerImport } from './commands/import.ts';
import { registerLog } from './commands/log/index.ts';
import { registerQuarantine } from './commands/quarantine.ts';
import { registerReplay } from './commands/replay.ts';
import { registerStart } from './commands/start.ts';
import { registerVerify } from './commands/verify.ts';
import { registerWatch } from './commands/watch.ts';
import type { Context } from './context.ts';
import { loadSettings } from './settings/load.ts';
import { processTerminal } from './terminal.ts';

/** `rollcall …`. Exit status: 0 done; 1 no, or different; 2 it could not be done, with one line that says why. */
export const main = async (args: string[]): Promise<void> => {
  const terminal = processTerminal();
  // A reader that has seen enough (head, less) closes the pipe: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
  try {
    const context: Context = {
      terminal,
      world: systemWorld,
      env: process.env,
      // Read when a command needs them: what is wrong there keeps nobody from the help.
      get settings() {
        return loadSettings({}, process.env);
      },
    };
    await createProgram(context).parseAsync(args, { from: 'user' });
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

const createProgram = (context: Context): Command => {
  const program = new Command('rollcall')
    .description('The true list of live channels of your Asterisk PBXs.')
    .version('0.1.0')
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText('after', HELP)
    .exitOverride();
  registerStart(program, context);
  registerImport(program, context);
  registerChannels(program, context);
  registerChannel(program, context);
  registerWatch(program, context);
  registerVerify(program, context);
  registerAudit(program, context);
  registerDoctor(program, context);
  registerLog(program, context);
  registerReplay(program, context);
  registerQuarantine(program, context);
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
`;
