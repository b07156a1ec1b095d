import { type Channel, position, revision, shapeChannel } from '@rollcall/channel';
import { concise } from '../concise.ts';
import { footer } from '../footer.ts';
import type { Listing } from '../listing.ts';
import { plain } from '../plain.ts';
import { verbose } from '../verbose.ts';

/** What one Asterisk said of its channels at one moment: over AMI, and in its own command line. */
export type ListedByAsterisk = {
  /** Items of CoreShowChannels: the headers that make a row. */
  channels: Record<string, string>[];
  /** What `core show channels …` printed. */
  printed: Record<Format, string>;
};

export const FORMATS = ['plain', 'verbose', 'concise', 'count'] as const;
export type Format = (typeof FORMATS)[number];

export const LISTED_HEADERS = [
  'Channel',
  'ChannelState',
  'CallerIDNum',
  'AccountCode',
  'Context',
  'Exten',
  'Priority',
  'Uniqueid',
  'Application',
  'ApplicationData',
  'BridgeId',
] as const;

/** A line of Asterisk's, and the line of ours that should be it; undefined where we have none. */
export type Compared = { format: Format; theirs: string; ours: string | undefined; equal: boolean };

/**
 * Every line that Asterisk printed beside ours, made of what AMI said. Set aside: the order of rows; peer account and AMA
 * flags, which no feed tells; the duration's value, which is taken from Asterisk's line, not its form. Half a character
 * at a cut, which Asterisk prints, is one to three spaces in ours.
 */
export const compare = ({ channels, printed }: ListedByAsterisk): Compared[] =>
  FORMATS.flatMap((format) => {
    const lines = linesOf(printed[format]);
    const durations = lines.map((line) => durationOf(line, format));
    return lines.map((line, index) => {
      const listing = listingOf(channels, durations[index] ?? 0, processedIn(printed.count));
      const ours = linesOf(PRINT[format](listing));
      const theirs = withoutUntold(line, format);
      const same = ours.find((own) => isSame(theirs, own));
      return {
        format,
        theirs,
        ours: same ?? ours.find((own) => own.startsWith(theirs.slice(0, 30))),
        equal: same !== undefined,
      };
    });
  });

const PRINT: Record<Format, (listing: Listing) => string> = { plain, verbose, concise, count: footer };

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n').filter(Boolean);

const processedIn = (count: string): number => Number(/(\d+) calls? processed/.exec(count)?.[1]);

const listingOf = (items: readonly Record<string, string>[], duration: number, processed: number): Listing => ({
  channels: items.map((item) => channelOf(item, NOW - duration * 1000)),
  now: NOW,
  processed,
});

const NOW = Date.UTC(2026, 10, 22, 15);

const known = (text: string | undefined): string | null => (text === undefined || text === '<unknown>' ? null : text);

const channelOf = (item: Record<string, string>, created: number): Channel =>
  shapeChannel({
    pbx: 'pbx-a',
    boot: 1,
    uniqueid: item.Uniqueid ?? '',
    name: item.Channel ?? '',
    origin: 'found',
    revision: revision(0),
    position: position(1),
    state: Number(item.ChannelState),
    callerNumber: known(item.CallerIDNum),
    accountCode: item.AccountCode ?? '',
    context: item.Context ?? '',
    exten: item.Exten ?? '',
    priority: Number(item.Priority),
    application: item.Application ?? '',
    applicationData: item.ApplicationData ?? '',
    bridge: item.BridgeId ?? '',
    created,
  });

const CLOCK = / (\d\d):(\d\d):(\d\d) /;

const durationOf = (line: string, format: Format): number => {
  if (format === 'concise') return Number(line.split('!').at(-3));
  const [, hours, minutes, seconds] = (format === 'verbose' && CLOCK.exec(line)) || [];
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
};

/** Peer account and AMA flags are the fifth and fourth fields from the end, and the last but one column. */
const withoutUntold = (line: string, format: Format): string => {
  if (format === 'concise') {
    const fields = line.split('!');
    return [...fields.slice(0, -5), '', '', ...fields.slice(-3)].join('!');
  }
  return format === 'verbose' && CLOCK.test(line) ? withoutPeerAccount(line) : line;
};

/** Eleven bytes before the last space and the twenty of the BridgeID; each half character is one of them. */
const withoutPeerAccount = (line: string): string => {
  const characters = [...line];
  let start = characters.length - 21;
  for (let bytes = 0; bytes < 11; ) {
    const character = characters[--start] ?? '';
    bytes += character === '\ufffd' ? 1 : Buffer.byteLength(character);
  }
  return `${characters.slice(0, start).join('')}${' '.repeat(11)} ${characters.slice(-20).join('')}`;
};

const isSame = (theirs: string, ours: string): boolean => {
  if (!theirs.includes('\ufffd')) return theirs === ours;
  const form = theirs
    .split('\ufffd')
    .map((part) => RegExp.escape(part))
    .join(' {1,3}');
  return new RegExp(`^${form}$`, 'u').test(ours);
};
