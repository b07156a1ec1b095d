import { isRollcallError } from '@rollcall/errors';
import { printable } from '@rollcall/listing';
import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { differenceText, type FoundDifferences } from '../operations/found-differences.ts';
import { operate } from '../operations/operate.ts';
import { type OperatingPlace, operatingOptions } from '../operations/place.ts';
import { type ReplayResult, replayResult } from '../operations/replay.ts';
import { jsonLine } from '../reading/json-line.ts';

type Options = OperatingPlace & { full?: boolean; fresh?: boolean; back?: boolean; discard?: boolean; json?: boolean };

/** `rollcall replay`: the list folded anew from the log, or the one before it brought back. */
export const registerReplay = (program: Command, context: Context): void => {
  const command = program
    .command('replay')
    .description('fold the log into a new list beside the live one, and swap it in');
  operatingOptions(command)
    .option('--full', 'read every event and check every revision, not only the channels that are live')
    .option('--fresh', 'with --full: from the beginning, although an interrupted one could go on')
    .addOption(
      new Option('--back', 'return to the list as it was before the last replay, brought up to date').conflicts(
        REBUILDING,
      ),
    )
    .addOption(new Option('--discard', 'let go of the list before').conflicts([...REBUILDING, 'back']))
    .option('--json', 'progress and result, one JSON object a line')
    .addHelpText('after', HELP)
    .action((options: Options) => replay(options, context));
};

const REBUILDING = ['full', 'fresh'];

const replay = async (options: Options, context: Context): Promise<void> => {
  const { full, fresh, back, discard, json = false, ...place } = options;
  try {
    const body = { full, fresh, back, discard };
    const result = await operate({ operation: 'replay', body, result: replayResult, place, json, context });
    context.terminal.out(json ? jsonLine({ result }) : describe(result));
    if ('warnings' in result) for (const line of result.warnings) context.terminal.err(`${printable(line)}\n`);
  } catch (error) {
    if (!isRollcallError(error, 'REBUILD_NOT_VERIFIED')) throw error;
    context.terminal.err(`${error.line}\n`);
    process.exitCode = 1;
  }
};

const describe = (result: ReplayResult): string => {
  switch (result.did) {
    case 'discarded':
      return result.discarded ? 'The list before is gone.\n' : 'There was no list before.\n';
    case 'returned':
      return `The list before is back: ${result.channels} channels at position ${result.position}.\n${differences('Other than in the one it replaced', result.changed)}${onTopic(result)}`;
    case 'rebuilt': {
      const { channels, position, events, resumedFrom, repaired } = result;
      const from = resumedFrom === undefined ? '' : `, from position ${resumedFrom} on`;
      const head = `The list is new: ${channels} channels at position ${position}, from ${events} events${from}.\n`;
      const topic = onTopic(result);
      if (repaired.count === 0) return `${head}It is what the list was: nothing had to be repaired.\n${topic}`;
      return `${head}${differences('Repaired', repaired)}${topic}"rollcall replay --back" returns to the list before.\n`;
    }
  }
};

const onTopic = ({ published }: { published?: { snapshots: number; tombstones: number } | undefined }): string =>
  published ? `On the topic ${published.snapshots} channels were put right, ${published.tombstones} taken away.\n` : '';

const differences = (title: string, { count, shown }: FoundDifferences): string => {
  const lines = shown.map((one) => printable(differenceText(one)));
  const more = count - shown.length;
  return `${[`${title}: ${count}`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')}\n`;
};

const HELP = `
The list that is served goes on while a new one is made beside it; the new one is verified, and takes over in one step. Without
--full it is made from the channels that are live, in a moment, also from a long log. With --full every event is read; Ctrl-C
stops it, the list stays as it was, and the next "replay --full" goes on where that one stopped.

If Rollcall runs on the data directory it does the work, and goes on when this terminal is closed; else this process does it.
Exit status: 0 done, also when something was repaired; 1 the new list could not be verified and was not taken; 2 could not be done.

Examples:
  rollcall replay                    is a channel listed wrongly? This puts the list right, and says what was wrong
  rollcall replay --full             the same from every event ever
  rollcall replay --back             return to the list before
  rollcall replay --url http://10.0.0.5:8099 --token-file /etc/rollcall/operator.token
`;
