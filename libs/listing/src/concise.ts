import { type Channel, stateText } from '@rollcall/channel';
import { durationSeconds } from './duration.ts';
import type { Listing } from './listing.ts';
import { oldestFirst } from './order.ts';
import { printable } from './printable.ts';

/**
 * `core show channels concise` of Asterisk 16 to 23: fourteen fields between exclamation marks, no title, no footer.
 * As in Asterisk an exclamation mark inside a field is not escaped; control characters are (see `printable`), so that a
 * line is always one channel. The fields of peer account and AMA flags are empty: no event and no list of AMI or ARI says them.
 */
export const concise = (listing: Listing): string =>
  oldestFirst(listing.channels)
    .map((channel) => conciseRow(channel, listing.now))
    .join('');

const conciseRow = (channel: Channel, now: number): string =>
  `${[
    channel.name,
    channel.context ?? '',
    channel.exten ?? '',
    String(channel.priority ?? ''),
    stateText(channel.state),
    channel.application || '(None)',
    channel.applicationData ?? '',
    channel.callerNumber ?? '',
    channel.accountCode ?? '',
    PEER_ACCOUNT,
    AMA_FLAGS,
    String(durationSeconds(channel, now) ?? '-'),
    channel.bridge ?? '',
    channel.uniqueid,
  ]
    .map(printable)
    .join('!')}\n`;

const PEER_ACCOUNT = '';
const AMA_FLAGS = '';
