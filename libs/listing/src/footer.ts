import type { Channel } from '@rollcall/channel';
import type { Listing } from './listing.ts';

export type Counts = { channels: number; calls: number };

/**
 * - `channels`: those that are not stale. Asterisk's number also has its internal channels (Surrogate, CBAnn, Announcer,
 *   Recorder …) that no AMI event or list carries, so beside a conference with announcements it is higher.
 * - `calls`: channels that run dialplan, see `runsDialplan`.
 */
export const counts = (listing: Pick<Listing, 'channels' | 'isStale'>): Counts => {
  const result = { channels: 0, calls: 0 };
  for (const channel of listing.channels) {
    if (listing.isStale?.(channel)) continue;
    result.channels++;
    if (runsDialplan(channel)) result.calls++;
  }
  return result;
};

/**
 * Asterisk counts a call for each channel in whose thread dialplan runs (main/pbx.c, 16 to 23); no event says so, it is
 * derived: the channel has an extension and an application, is not the far end of Dial or Queue (`(Outgoing Line)`), and
 * is not where a Local channel's `;1` half is put at birth.
 *
 * It differs from Asterisk's number by a few: for a moment between the creation of a channel and its first application, and
 * while a channel that a masquerade (a pickup, a redirect) has given dialplan, or taken it from, still shows the other. Under
 * a heavy mix of all of these on Asterisk 22 it was equal in nine of ten moments, and one too low in the rest.
 */
const runsDialplan = (channel: Channel): boolean =>
  Boolean(channel.exten && channel.application) &&
  channel.applicationData !== '(Outgoing Line)' &&
  !isAtBirthplace(channel);

/** `Local/EXTEN@CONTEXT-xxxxxxxx;1` at EXTEN@CONTEXT, priority 1: Originate runs an application there without dialplan. */
const isAtBirthplace = ({ name, exten, context, priority }: Channel): boolean =>
  priority === 1 &&
  name.endsWith(';1') &&
  name.startsWith(`Local/${exten}@${context}-`) &&
  name.length === `Local/${exten}@${context}-xxxxxxxx;1`.length;

/** The last lines of every list but the concise one. */
export const footer = (listing: Listing): string => {
  const { channels, calls } = counts(listing);
  const lines = [`${channels} active channel${s(channels)}\n`, `${calls} active call${s(calls)}\n`];
  if (listing.processed !== undefined) lines.push(`${listing.processed} call${s(listing.processed)} processed\n`);
  return lines.join('');
};

const s = (count: number): string => (count === 1 ? '' : 's');
