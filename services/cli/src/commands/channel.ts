import { type Pbx, type Position, position, type RecordedEvent, START } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { printable } from '@rollcall/listing';
import { type Command, InvalidArgumentError } from 'commander';
import type { Context } from '../context.ts';
import { moment } from '../moment.ts';
import { createProgress } from '../progress.ts';
import { channelJson } from '../reading/channel-json.ts';
import { type Conclusion, conclude } from '../reading/conclusion.ts';
import { findStreams, searchName } from '../reading/find-channel.ts';
import { jsonLine } from '../reading/json-line.ts';
import { checkPbx } from '../reading/selection.ts';
import { lossReason } from '../reading/stale-line.ts';
import { type TimelineEntry, timeline, valueText } from '../reading/timeline.ts';
import { openView, type View } from '../view.ts';

type Options = { pbx?: string; boot?: number; since?: string; json?: boolean; data?: string };

const HELP = `
A uniqueid is found at once, live or over, in any boot of any PBX; a name at once while the channel is live. The name of
a channel that is over is searched for in the whole log; --since makes that shorter. Case does not count in names.

Each event has the PBX's time, #position in the log, revision in its stream, and who said it: ami, ari, or reconcile
(found out by comparing with the PBX's own list). Below it stands what it changed. The last line says why the channel is
listed or not. Exit status: 0 found, 1 not found.

Examples:
  rollcall channel pbx-a-1795360512.1501
  rollcall channel PJSIP/alice-0000002a
  rollcall channel PJSIP/alice-0000002a --since -2h     over for an hour or so
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
    .option('--since <moment>', 'search names that are over from here on: a position, a time or a while ago (-2h)')
    .option('--json', 'the same as one JSON object')
    .option('--data <dir>', 'read this data directory')
    .addHelpText('after', HELP)
    .action((text: string, options: Options) => showChannel(text, options, context));
};

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
};

type Story = {
  stream: string;
  first: RecordedEvent;
  last: RecordedEvent;
  entries: TimelineEntry[];
  channel: ReturnType<typeof timeline>['channel'];
  name: string;
};

const showChannel = async (text: string, options: Options, context: Context): Promise<void> => {
  const { terminal, world, settings } = context;
  const view = await openView({ data: options.data ?? settings.data, world });
  try {
    checkPbx(view.cache, options.pbx);
    const streams = await find(text, options, view, context);
    const [story, ...others] = byImportance(await Promise.all(streams.map((stream) => tell(stream, view.log))));
    if (!story) {
      const where = [options.pbx && ` of ${options.pbx}`, options.boot !== undefined && ` in boot ${options.boot}`];
      terminal.err(`No channel ${JSON.stringify(text)}${where.filter(Boolean).join('')} is in the log.\n`);
      process.exitCode = 1;
      return;
    }
    const { conclusion, pbx } = await concludeStory(story, view, settings.staleAfter);
    terminal.out(options.json ? storyJson(story, conclusion, view.now) : storyText(story, conclusion, pbx));
    for (const other of others) terminal.err(alsoLine(other));
  } finally {
    await view.close();
  }
};

const find = async (text: string, options: Options, view: View, { terminal, world }: Context): Promise<string[]> => {
  const { log } = view;
  const sought = { text, pbx: options.pbx, boot: options.boot };
  const streams = await findStreams(sought, view);
  // Every channel name of Asterisk has its technology before a slash: anything else is a uniqueid, and was looked up.
  if (streams.length > 0 || !text.includes('/')) return streams;
  const after = await searchFrom(options.since, log, world.clock.now());
  const head = await log.head();
  if (terminal.columns === undefined)
    terminal.err(`Searching the log for channels that are over, up to #${head} ...\n`);
  const progress = createProgress(terminal, 'searching the log for channels that are over', head);
  try {
    return await searchName(sought, log, after, progress.at);
  } finally {
    progress.done();
  }
};

const searchFrom = async (since: string | undefined, log: EventLog, now: number): Promise<Position> => {
  if (since === undefined) return START;
  const when = moment(since, now);
  return when.is === 'position' ? position(when.position) : log.positionAt(when.time);
};

const tell = async (stream: string, log: EventLog): Promise<Story | undefined> => {
  const events: RecordedEvent[] = [];
  for await (const batch of log.readStream(stream)) events.push(...batch);
  const [first] = events;
  const last = events.at(-1);
  if (!first || !last) return undefined;
  const { entries, channel, lastName } = timeline(events);
  return { stream, first, last, entries, channel, name: lastName ?? '' };
};

/** Live before over, then the latest. */
const byImportance = (stories: (Story | undefined)[]): Story[] =>
  stories
    .filter((story) => story !== undefined)
    .sort(
      (a, b) => Number(b.channel !== undefined) - Number(a.channel !== undefined) || b.last.position - a.last.position,
    );

const concludeStory = async (story: Story, { cache, log, now }: View, staleAfter: number) => {
  const pbx = cache.pbx(story.first.pbx);
  const reason = pbx && (await lossReason(pbx, log));
  const conclusion = conclude(story.last, cache.get(story.stream), pbx, { now, staleAfter, lossReason: reason });
  return { conclusion, pbx };
};

const storyJson = ({ first, name, channel, entries, stream }: Story, conclusion: Conclusion, now: number): string =>
  jsonLine({
    pbx: first.pbx,
    boot: first.boot,
    uniqueid: uniqueidOf(stream),
    name,
    ...conclusion,
    channel: channel ? channelJson(channel, conclusion.listed === 'stale', now) : null,
    events: entries,
  });

const storyText = ({ first, name, entries, stream }: Story, { why }: Conclusion, pbx: Pbx | undefined): string => {
  const lines = [
    printable(name),
    `uniqueid ${printable(uniqueidOf(stream))}, ${printable(first.pbx)} boot ${first.boot}${pbx && pbx.boot > first.boot ? ` of ${pbx.boot}` : ''}`,
    '',
  ];
  for (const { time, position: place, revision, source, type, changes } of entries) {
    lines.push(`${new Date(time).toISOString()}  #${place}  rev ${revision}  ${source}  ${type}`);
    for (const { field, from, to } of changes) {
      const old = from === undefined ? '' : `${printable(valueText(field, from))} → `;
      lines.push(`    ${field}: ${old}${printable(valueText(field, to))}`);
    }
  }
  lines.push('', why, '');
  return lines.join('\n');
};

const uniqueidOf = (stream: string): string => stream.split('/').slice(3).join('/');

const alsoLine = ({ first, last, stream, channel }: Story): string =>
  `Also: ${printable(uniqueidOf(stream))} of ${printable(first.pbx)}, boot ${first.boot}, ` +
  `${channel ? 'live' : `over since ${new Date(last.time).toISOString()}`}: ` +
  `rollcall channel ${printable(uniqueidOf(stream))} --pbx ${printable(first.pbx)} --boot ${first.boot}\n`;
