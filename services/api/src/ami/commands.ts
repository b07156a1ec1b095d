import { concise, footer, plain, verbose } from '@rollcall/listing';
import type { Action } from './action.ts';
import { actionId, block, type Line, refused } from './block.ts';
import { staleLine } from './channel-list.ts';
import { cliWords, nearestCommand } from './cli-words.ts';
import { uptimeOf } from './core-status.ts';
import { header, type Request } from './requests.ts';
import { channelDetails } from './show-channel.ts';
import { uptimeLines } from './show-uptime.ts';
import type { View } from './view.ts';

/** `Command`: those commands of Asterisk's CLI that show the list, and how long one PBX runs (main/manager.c, main/cli.c, Asterisk 16 to 23). */
export const command: Action = function* (request, view) {
  const text = header(request, 'Command');
  if (text === '') {
    yield refused(request, 'No command provided');
    return;
  }
  const words = cliWords(text);
  const [core, show, what] = words.map((word) => word.toLowerCase());
  if (core === 'core' && show === 'show' && what === 'channels') yield channels(request, view, words);
  else if (core === 'core' && show === 'show' && what === 'channel') yield oneChannel(request, view, words);
  else if (core === 'core' && show === 'show' && what === 'uptime') yield uptime(request, view, words, text);
  else yield unknown(request, text, words);
};

const LISTS = new Map([
  ['concise', concise],
  ['verbose', verbose],
  ['count', footer],
]);

const channels = (request: Request, view: View, words: string[]): string => {
  const form = words[3]?.toLowerCase();
  const print = form === undefined ? plain : LISTS.get(form);
  if (!print || words.length > 4) return printed(request, CHANNELS_USAGE, [], 'Error');
  const rows = view.channels();
  return printed(request, print({ channels: rows, isStale: view.isStale, now: view.now }), staleLine(view.stale));
};

const oneChannel = (request: Request, view: View, words: string[]): string => {
  const [name] = words.slice(3);
  if (name === undefined || words.length > 4) return printed(request, CHANNEL_USAGE, [], 'Error');
  const channel = view.find(name);
  if (!channel) return printed(request, `${name} is not a known channel\n`);
  return printed(request, channelDetails(channel, view.now), staleLine(view.isStale(channel) ? [channel.pbx] : []));
};

/** Of several PBXs, or where none has said when it started, it is no command: a number made up would be taken for a restart. */
const uptime = (request: Request, view: View, words: string[], text: string): string => {
  const form = words[3]?.toLowerCase();
  if (words.length > 4 || (form !== undefined && form !== 'seconds'))
    return printed(request, UPTIME_USAGE, [], 'Error');
  const seconds = uptimeOf(view);
  if (seconds === undefined) return unknown(request, text, words);
  return printed(request, uptimeLines(seconds, form ?? 'words'), staleLine(view.stale));
};

const printed = (request: Request, text: string, more: readonly Line[] = [], response = 'Success'): string =>
  block([
    ['Response', response],
    ...actionId(request),
    ['Message', 'Command output follows'],
    ...more,
    // Nothing printed is one empty line.
    ...text
      .replace(/\n$/, '')
      .split('\n')
      .map((line): Line => ['Output', line]),
  ]);

const unknown = (request: Request, text: string, words: readonly string[]): string =>
  printed(
    request,
    `No such command '${text}' (type 'core show help ${nearestCommand(words)}' for other possible commands)\n`,
    [],
    'Error',
  );

const CHANNELS_USAGE = `Usage: core show channels [concise|verbose|count]
       Lists currently defined channels and some information about them. If
       'concise' is specified, the format is abridged and in a more easily
       machine parsable format. If 'verbose' is specified, the output includes
       more and longer fields. If 'count' is specified only the channel and call
       count is output.
`;

const CHANNEL_USAGE = `Usage: core show channel <channel>
       Shows lots of information about the specified channel.
`;

const UPTIME_USAGE = `Usage: core show uptime [seconds]
       Shows Asterisk uptime information.
       The seconds word returns the uptime in seconds only.
`;
