import { systemWorld, type World } from '@rollcall/clock';
import { Command } from 'commander';
import { registerChannel } from '../commands/channel.ts';
import { registerChannels } from '../commands/channels.ts';
import { registerReplay } from '../commands/replay.ts';
import { registerVerify } from '../commands/verify.ts';
import { registerWatch } from '../commands/watch.ts';
import type { Context } from '../context.ts';

export type Ran = { out: string; err: string; exitCode: number | undefined; error: unknown };

/** Runs a command that reads or operates, as in a pipe; `now` is the time that it has. */
export const runCommand = async (
  args: string[],
  options: { data: string; now?: number; staleAfter?: number; context?: Partial<Context> },
): Promise<Ran> => {
  const { data, now, staleAfter = 900_000 } = options;
  const ran: Ran = { out: '', err: '', exitCode: undefined, error: undefined };
  const world: World =
    now === undefined ? systemWorld : { ...systemWorld, clock: { ...systemWorld.clock, now: () => now } };
  const context: Context = {
    terminal: {
      out: (text) => {
        ran.out += text;
      },
      err: (text) => {
        ran.err += text;
      },
      columns: undefined,
      colour: false,
    },
    world,
    env: {},
    settings: { data, staleAfter },
    ...options.context,
  };
  const program = new Command('rollcall').exitOverride();
  registerChannels(program, context);
  registerChannel(program, context);
  registerWatch(program, context);
  registerVerify(program, context);
  registerReplay(program, context);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: context.terminal.out, writeErr: context.terminal.err });
  }
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    ran.error = error;
  }
  ran.exitCode = process.exitCode === undefined ? undefined : Number(process.exitCode);
  process.exitCode = before;
  return ran;
};
