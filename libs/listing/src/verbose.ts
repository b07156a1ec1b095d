import { type Channel, stateText } from '@rollcall/channel';
import { type Align, column } from './column.ts';
import { clockText, durationSeconds } from './duration.ts';
import { footer } from './footer.ts';
import type { Listing } from './listing.ts';
import { oldestFirst } from './order.ts';

type Column = { title: string; width: number; align?: Align; text: (channel: Channel, now: number) => string };

const COLUMNS: readonly Column[] = [
  { title: 'Channel', width: 80, text: (channel) => channel.name },
  { title: 'Context', width: 24, text: (channel) => channel.context ?? '' },
  { title: 'Extension', width: 24, text: (channel) => channel.exten ?? '' },
  { title: 'Prio', width: 4, text: (channel) => String(channel.priority ?? '').padStart(4) },
  { title: 'State', width: 7, text: (channel) => stateText(channel.state) },
  { title: 'Application', width: 12, text: (channel) => channel.application || '(None)' },
  { title: 'Data', width: 25, text: (channel) => channel.applicationData || '(Empty)' },
  { title: 'CallerID', width: 15, text: (channel) => channel.callerNumber ?? '' },
  { title: 'Duration', width: 8, align: 'right', text: (channel, now) => duration(channel, now) },
  { title: 'Accountcode', width: 11, text: (channel) => channel.accountCode ?? '' },
  // No event and no list of AMI or ARI says a channel's peer account.
  { title: 'PeerAccount', width: 11, text: () => '' },
  { title: 'BridgeID', width: 20, text: (channel) => channel.bridge ?? '' },
];

const duration = (channel: Channel, now: number): string => {
  const seconds = durationSeconds(channel, now);
  return seconds === undefined ? '-' : clockText(seconds);
};

const line = (text: (column: Column) => string): string =>
  `${COLUMNS.map((one) => column(text(one), one.width, one.align)).join(' ')}\n`;

const TITLE = line(({ title }) => title);

/** `core show channels verbose` of Asterisk 18.18, 20.3, 21 and later, with an empty PeerAccount column. */
export const verbose = (listing: Listing): string =>
  TITLE +
  oldestFirst(listing.channels)
    .map((channel) => verboseRow(channel, listing.now))
    .join('') +
  footer(listing);

const verboseRow = (channel: Channel, now: number): string => line(({ text }) => text(channel, now));
