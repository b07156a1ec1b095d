import type { Channel } from '@rollcall/channel';
import type { Action } from './action.ts';
import { actionId, block, listComplete, listStart, refused } from './block.ts';
import { staleLine } from './channel-list.ts';
import { header } from './requests.ts';
import type { View } from './view.ts';

/**
 * `CoreShowChannelMap` (Asterisk 18.19, 20.4 and later): whoever is connected to a channel through bridges and Local channels. Two of
 * its messages end in a line feed of their own there, which makes an empty block; ours do not.
 */
export const coreShowChannelMap: Action = function* (request, view) {
  const name = header(request, 'Channel');
  if (name === '') {
    yield refused(request, 'CoreShowChannelMap requires a channel.');
    return;
  }
  const channel = view.find(name);
  // By its name alone: Asterisk looks into its cache of names here.
  if (channel?.name.toLowerCase() !== name.toLowerCase()) {
    yield refused(request, 'Could not get channel snapshot');
    return;
  }
  const connected = connectedTo(channel, view);
  const stale = staleLine(view.isStale(channel) ? [channel.pbx] : []);
  yield listStart(request, 'Channel map will follow', stale);
  for (const other of connected) {
    yield block([
      ['Event', 'CoreShowChannelMap'],
      ...actionId(request),
      ['Channel', channel.name],
      ['ConnectedChannel', other.name],
    ]);
  }
  yield listComplete(request, 'CoreShowChannelMapComplete', connected.length, stale);
};

/** Through its bridge to the others in it, from a Local channel among them to its other half, and on from there; by name. */
const connectedTo = (channel: Channel, view: View): Channel[] => {
  const own = view.channels().filter(({ pbx }) => pbx === channel.pbx);
  const byBridge = Map.groupBy(own, ({ bridge }) => bridge ?? '');
  const byName = new Map(own.map((one) => [one.name.toLowerCase(), one]));
  const connected = new Set<Channel>();
  const ways = [channel];
  for (const from of ways) {
    for (const peer of (from.bridge && byBridge.get(from.bridge)) || []) {
      if (peer === channel || connected.has(peer)) continue;
      connected.add(peer);
      const half = byName.get(otherHalf(peer.name));
      if (!half || half === channel || connected.has(half)) continue;
      connected.add(half);
      ways.push(half);
    }
  }
  return [...connected].sort((a, b) => (a.name < b.name ? -1 : 1));
};

const otherHalf = (name: string): string => {
  const lower = name.toLowerCase();
  if (lower.endsWith(';1')) return `${lower.slice(0, -1)}2`;
  return lower.endsWith(';2') ? `${lower.slice(0, -1)}1` : '';
};
