import { RollcallError } from '@rollcall/errors';
import { printable } from '@rollcall/listing';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { operate } from '../operations/operate.ts';
import { dataOf, type OperatingPlace, operatingOptions } from '../operations/place.ts';
import { quarantineResult, retryResult, skipResult } from '../operations/quarantine.ts';
import { jsonLine } from '../reading/json-line.ts';
import { type RefusedEvent, readRefused, refusedEventSchema } from '../reading/refused-event.ts';
import { allSetAside, findSetAside, type SetAside } from '../reading/set-aside.ts';
import { openView, type View } from '../view.ts';

type Options = OperatingPlace & { json?: boolean };

/** `rollcall quarantine`: what no handler could take, and what to do about it. */
export const registerQuarantine = (program: Command, context: Context): void => {
  const quarantine = program
    .command('quarantine')
    .description('list, show, retry and skip events that could not be taken into the list')
    .addHelpText('after', HELP);
  withOptions(quarantine, 'the same as one JSON object').action((options: Options) => list(options, context));

  const own = (command: Command): Command => withOptions(command, 'the result as one JSON object');
  const inherited = (command: Command): Options => command.optsWithGlobals<Options>();
  own(quarantine.command('show').argument('<stream>', STREAM))
    .description('the refused event as it stands, and what waits behind it')
    .action((stream: string, _: Options, command: Command) => show(stream, inherited(command), context));
  own(quarantine.command('retry').argument('[stream...]', `${STREAM}; all, unless given`))
    .description('try refused events again: after an upgrade, or when the log was mended')
    .action((streams: string[], _: Options, command: Command) => retry(streams, inherited(command), context));
  own(quarantine.command('skip').argument('<stream>', STREAM))
    .description('pass the refused event over for ever; what waits behind it is taken')
    .requiredOption('--reason <text>', 'why, at most 500 characters; it is written to the log')
    .action((stream: string, { reason }: { reason: string }, command: Command) =>
      skip(stream, reason, inherited(command), context),
    );
};

const STREAM = 'stream that is set aside, or the uniqueid or name of its channel';

const withOptions = (command: Command, json: string): Command => operatingOptions(command).option('--json', json);

/** What a data directory's log says, read here, beside a running Rollcall or without one. */
const reading = async <T>(options: Options, context: Context, read: (view: View) => T | Promise<T>): Promise<T> => {
  const view = await openView({ ...context, data: dataOf(options, context) });
  try {
    return await read(view);
  } finally {
    await view.close();
  }
};

const operating = <T>(operation: string, body: unknown, result: z.ZodType<T>, options: Options, context: Context) => {
  const { json = false, ...place } = options;
  return operate({ operation, body, result, place, json, context });
};

const list = async (options: Options, context: Context): Promise<void> => {
  const quarantine = options.url
    ? (await operating('quarantine', {}, quarantineResult, options, context)).quarantine
    : await reading(options, context, ({ cache }) => allSetAside(cache));
  context.terminal.out(options.json ? jsonLine({ quarantine }) : listText(quarantine));
  if (quarantine.length > 0) process.exitCode = 1;
};

const show = async (stream: string, options: Options, context: Context): Promise<void> => {
  const refused = options.url
    ? await operating('quarantine-show', { stream }, refusedEventSchema, options, context)
    : await reading(options, context, ({ cache, log }) => readRefused(findSetAside(stream, cache), cache, log));
  context.terminal.out(options.json ? jsonLine(refused) : showText(refused));
};

const retry = async (streams: string[], options: Options, context: Context): Promise<void> => {
  const body = streams.length > 0 ? { streams } : {};
  const result = await operating('quarantine-retry', body, retryResult, options, context);
  const { released, refused } = result;
  const lines = released.map((stream) => `${printable(stream)} goes on.\n`);
  if (refused.length > 0) lines.push('Still refused:\n', listText(refused));
  if (lines.length === 0) lines.push('Nothing is set aside.\n');
  context.terminal.out(options.json ? jsonLine(result) : lines.join(''));
  if (refused.length > 0) process.exitCode = 1;
};

const skip = async (stream: string, given: string, options: Options, context: Context): Promise<void> => {
  const reason = given.trim();
  if (reason.length === 0 || reason.length > 500) {
    throw new RollcallError('REASON_WRONG', `--reason has ${reason.length} characters.`, 'Give 1 to 500.');
  }
  const result = await operating('quarantine-skip', { stream, reason }, skipResult, options, context);
  const { revision, position, waited, again } = result;
  const goesOn = `Passed over: revision ${revision} of ${printable(result.stream)}, written at #${position}. `;
  const then = again
    ? `It is set aside again:\n${listText([again])}`
    : `It goes on, with ${events(waited)} that waited.\n`;
  context.terminal.out(options.json ? jsonLine(result) : goesOn + then);
};

const events = (count: number): string => `${count} ${count === 1 ? 'event' : 'events'}`;

const listText = (all: readonly SetAside[]): string => {
  if (all.length === 0) return 'Nothing is set aside.\n';
  return all.map(setAsideText).join('');
};

const setAsideText = ({ stream, channel, since, revision, position, type, reason, waiting }: SetAside): string => {
  const whose = stream.startsWith('pbx/') ? 'the PBX itself' : (channel ?? 'not listed');
  return [
    `${printable(stream)}  ${printable(whose)}`,
    `    since ${new Date(since).toISOString()}: revision ${revision} (#${position}), ${printable(type)}, was refused: ${printable(reason)}`,
    `    ${waiting === 0 ? 'nothing waits' : `${events(waiting)} wait${waiting === 1 ? 's' : ''}`} behind it`,
    '',
  ].join('\n');
};

const showText = (refused: RefusedEvent): string => {
  const more = refused.waiting - refused.waits.length;
  return [
    setAsideText(refused),
    'Refused:',
    ...eventText(refused.event),
    ...(refused.waits.length > 0 ? ['', 'Waiting:'] : []),
    ...refused.waits.flatMap(eventText),
    ...(more > 0 ? [`and ${more} more`] : []),
    '',
  ].join('\n');
};

const eventText = ({ time, position, revision, source, schema, type, text }: RefusedEvent['event']): string[] => [
  `${new Date(time).toISOString()}  #${position}  rev ${revision}  ${source}  ${printable(type)}  schema ${schema}`,
  `    ${printable(text)}`,
];

const HELP = `
An event that this version cannot take (a schema that it does not know, or broken data) does not stop the others: its stream is
set aside, in order. Everything behind it in that stream waits; its channel stays listed as it was before, and is uncertain.
Only the channel's end waits for nothing. A stream "pbx/NAME" is the PBX's own: its connections, restarts and comparisons.

  retry   after an upgrade, or when the log was mended; a start tries by itself
  skip    writes into the log, with your reason, that the event is passed over: it changes nothing then, for ever

A running Rollcall does both itself; without one this process takes the data directory for as long.
Exit status: 0 nothing is set aside, or done; 1 something is (still) set aside; 2 it could not be done.

Examples:
  rollcall quarantine
  rollcall quarantine show 1795360512.1501
  rollcall quarantine retry
  rollcall quarantine skip channel/pbx-a/3/1795360512.1501 --reason "written by 0.9, ticket 4711"
`;
