import type { Command } from 'commander';
import type { z } from 'zod';
import type { Context } from '../../context.ts';
import { compactResult } from '../../operations/compact.ts';
import { operate } from '../../operations/operate.ts';
import { type OperatingPlace, operatingOptions } from '../../operations/place.ts';
import { bytes } from '../../reading/bytes.ts';
import { jsonLine } from '../../reading/json-line.ts';
import { durationSchema } from '../../settings/duration.ts';
import { usage } from './usage.ts';

type Options = OperatingPlace & { olderThan: string; json?: boolean };

/** `rollcall log compact`: drops what has been over for long. */
export const registerCompact = (log: Command, context: Context): void => {
  const command = log.command('compact').description('drop the events of channels that have been over for long');
  operatingOptions(command)
    .requiredOption('--older-than <duration>', 'drop what was over so long ago: 30d, 12h')
    .option('--json', 'progress and result, one JSON object a line')
    .addHelpText('after', HELP)
    .action((options: Options) => compact(options, context));
};

const compact = async ({ olderThan, json = false, ...place }: Options, context: Context): Promise<void> => {
  const age = durationSchema.safeParse(olderThan);
  if (!age.success) throw usage(`--older-than ${age.error.issues[0]?.message}`, 'compact');
  const body = { before: context.world.clock.now() - age.data };
  const result = await operate({ operation: 'log-compact', body, result: compactResult, place, json, context });
  context.terminal.out(json ? jsonLine({ result }) : describe(result, olderThan));
};

const describe = ({ streams, events, held, givenBack, proof }: z.output<typeof compactResult>, age: string): string =>
  `${[
    `${streams} channels that were over ${age} ago are dropped, ${events} events; the file gave back ${bytes(givenBack)}.`,
    ...(held > 0 ? [`${held} more were being read just then; the next time drops them.`] : []),
    `The list is the same before and after: ${proof.channels} channels at position ${proof.position}, SHA-256 ${proof.digest.slice(0, 16)}….`,
  ].join('\n')}\n`;

const HELP = `
Only channels that are over are dropped, whole; what is live, and what the PBXs themselves said, stays. Nobody is held up
meanwhile. Afterwards "--at" before that time is refused, since the list of then could not be told whole. Retention does the
same by itself (settings retain and retainSize).

Examples:
  rollcall log compact --older-than 30d
  rollcall log backup before.db && rollcall log compact --older-than 7d
`;
