import { type Position, position, START } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { printable } from '@rollcall/listing';
import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../context.ts';
import { moment } from '../moment.ts';
import { createProgress } from '../progress.ts';
import { findStreams } from '../reading/find-channel.ts';
import { searchName } from '../reading/search-name.ts';
import { checkPbx } from '../reading/selection.ts';
import { type Looked, readStory, readStream, type Stream } from '../reading/story.ts';
import { storyJson, storyText } from '../reading/story-text.ts';
import { openView } from '../view.ts';

type Options = { pbx?: string; boot?: number; at?: string; since?: string; json?: boolean; data?: string };

const HELP = `
A uniqueid is found at once, live or over, in any boot of any PBX; a name at once while the channel is live. The name of a
channel that is over is searched for in the log, which has no index of names: backwards from the end until it is found, for
less than a second; a line says how far that went. --since searches all from there on. Case does not count in names.

Each event has the PBX's time, #position in the log, revision in its stream, and who said it: ami, ari, reconcile (found out
by comparing with the PBX's own list) or operator. Below it stands what it changed. Among them, with the name of the PBX in
place of a revision, stands what the PBX's own stream says during the channel's life: connections lost and made again, and
for how long nothing was heard; restarts; comparisons. The last line says why the channel is listed or not.
Reports that contradicted what was known and came to nothing are not in the log: the counters of /readyz count them.
Exit status: 0 found, 1 not found.

Examples:
  rollcall channel pbx-a-1795360512.1501
  rollcall channel PJSIP/alice-0000002a
  rollcall channel PJSIP/alice-0000002a --at 14:03      as it was then: its story so far
  rollcall channel PJSIP/alice-0000002a --since -2d     over for a day or so
  rollcall channel 1795360512.1501 --pbx pbx-b --json
`;

/** `rollcall channel ID|NAME`: one channel's story, and why it is listed or not. */
export const registerChannel = (program: Command, context: Context): void => {
  program
    .command('channel')
    .argument('<id-or-name>', 'uniqueid or name')
    .description('show one channel, live or over: every event, and why it is or is not listed')
    .option('--pbx <name>', 'of this PBX only')
    .option('--boot <n>', 'of this boot of the PBX only', wholeNumber)
    .option(
      '--at <moment>',
      'as it was: a position (12345), a time (14:03, 2026-11-22T14:03:00Z) or a while ago (-10m)',
    )
    .option('--since <moment>', 'search names that are over in all of the log from here on: a moment as for --at')
    .option('--json', 'the same as one JSON object')
    .option('--data <dir>', 'read this data directory')
    .addHelpText('after', HELP)
    .action((text: string, options: Options) => showChannel(text, options, context));
};

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
};

const showChannel = async (text: string, options: Options, context: Context): Promise<void> => {
  const { terminal, world, settings } = context;
  const { at, json } = options;
  const view = await openView({
    data: options.data ?? settings.data,
    settings,
    world,
    ...(at === undefined ? {} : { at }),
  });
  try {
    checkPbx(view.cache, options.pbx);
    const looked: Looked = { ...view, staleAfter: settings.staleAfter };
    const { streams, unsearched } = await find(text, options, looked, context);
    const found = await Promise.all(streams.map((stream) => readStream(stream, looked)));
    const [first, ...others] = byImportance(found, looked);
    if (!first) {
      terminal.err(
        unsearched
          ? notFound(text, unsearched)
          : `No channel ${JSON.stringify(text)}${ofWhat(options, looked)} is in the log.\n`,
      );
      process.exitCode = 1;
      return;
    }
    const story = await readStory(first, looked);
    const told = { of: first, story, now: view.now, at: at === undefined ? undefined : view.cache.checkpoint };
    terminal.out(json ? storyJson(told) : storyText(told, view.cache.pbx(first.pbx)));
    for (const other of others) terminal.err(alsoLine(other, looked));
    if (unsearched)
      terminal.err(`Channels that had that name before ${unsearched} are not looked for: --since does.\n`);
  } finally {
    await view.close();
  }
};

const ofWhat = ({ pbx, boot, at }: Options, { cache }: Looked): string =>
  [
    pbx === undefined ? '' : ` of ${pbx}`,
    boot === undefined ? '' : ` in boot ${boot}`,
    at === undefined ? '' : ` up to #${cache.checkpoint}`,
  ].join('');

const notFound = (text: string, unsearched: string): string =>
  `No channel ${JSON.stringify(text)} is live, and none that is over had that name since ${unsearched}. To search further: --since -2d, or --since 0 for all of the log.\n`;

/** `unsearched`: where the part of the log that was not searched ends, in words; undefined when everything was. */
type Found = { streams: string[]; unsearched: string | undefined };

const find = async (text: string, options: Options, looked: Looked, context: Context): Promise<Found> => {
  const sought = { text, pbx: options.pbx, boot: options.boot };
  const streams = await findStreams(sought, looked);
  // Every channel name of Asterisk has its technology before a slash: anything else is a uniqueid, and was looked up.
  if (streams.length > 0 || !text.includes('/')) return { streams, unsearched: undefined };
  const { terminal, world } = context;
  const { log, cache } = looked;
  const after = await searchFrom(options.since, log, world.clock.now());
  const to = cache.checkpoint;
  const whole = options.since !== undefined;
  if (whole && terminal.columns === undefined) {
    terminal.err(`Searching the log for channels that are over, from #${after} to #${to} ...\n`);
  }
  const progress = createProgress(terminal, 'searching the log for channels that are over', to - after);
  try {
    const found = await searchName(sought, log, { after, to, whole, clock: world.clock, progress: progress.at });
    const unsearched = whole || found.searchedTo === START ? undefined : await placeText(found.searchedTo, log);
    return { streams: found.streams, unsearched };
  } finally {
    progress.done();
  }
};

/** `#1980334 (2026-11-22T21:52:47.460Z)`: the position, and when it was written. */
const placeText = async (place: Position, log: EventLog): Promise<string> => {
  for await (const [event] of log.readAll(position(place - 1), place)) {
    if (event) return `#${place} (${new Date(event.recorded).toISOString()})`;
  }
  return `#${place}`;
};

/** @throws RollcallError AT_UNCLEAR */
const searchFrom = async (since: string | undefined, log: EventLog, now: number): Promise<Position> => {
  if (since === undefined) return START;
  const when = moment(since, now);
  return when.is === 'position' ? position(when.position) : log.positionAt(when.time);
};

/** Live before over, then the latest. */
const byImportance = (streams: (Stream | undefined)[], { cache }: Looked): Stream[] =>
  streams
    .filter((stream) => stream !== undefined)
    .sort(
      (a, b) =>
        Number(cache.get(b.stream) !== undefined) - Number(cache.get(a.stream) !== undefined) ||
        b.last.position - a.last.position,
    );

const alsoLine = ({ stream, pbx, boot, uniqueid, last }: Stream, { cache }: Looked): string => {
  const how = cache.get(stream) ? 'live' : `over since ${new Date(last.time).toISOString()}`;
  const command = `rollcall channel ${printable(uniqueid)} --pbx ${printable(pbx)} --boot ${boot}`;
  return `Also: ${printable(uniqueid)} of ${printable(pbx)}, boot ${boot}, ${how}: ${command}\n`;
};
