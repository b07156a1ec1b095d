import { type Channel, channelStream } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';

/** Which channels are in which bridge, as the events say it. */
export type BridgeMembers = {
  /** Their uniqueids. */
  of: (pbx: string, bridge: string) => string[];
  count: (pbx: string, bridge: string) => number;
  hear: (told: Told) => void;
};

/** Begins with what the list says; from then on each event is heard, in order. */
export const createBridgeMembers = (cache: Pick<CacheReader, 'list'>): BridgeMembers => {
  const bridges = new Map<string, Map<string, string>>();
  const key = (pbx: string, bridge: string): string => JSON.stringify([pbx, bridge]);
  const put = (channel: Channel | undefined, is: boolean): void => {
    if (!channel?.bridge) return;
    const bridge = key(channel.pbx, channel.bridge);
    const members = bridges.get(bridge) ?? new Map<string, string>();
    const stream = channelStream(channel.pbx, channel.boot, channel.uniqueid);
    if (is) members.set(stream, channel.uniqueid);
    else members.delete(stream);
    if (members.size > 0) bridges.set(bridge, members);
    else bridges.delete(bridge);
  };
  for (const channel of cache.list()) put(channel, true);
  return {
    of: (pbx, bridge) => [...(bridges.get(key(pbx, bridge))?.values() ?? [])],
    count: (pbx, bridge) => bridges.get(key(pbx, bridge))?.size ?? 0,
    hear: ({ before, after }) => {
      if (before?.bridge !== after?.bridge) put(before, false);
      put(after, true);
    },
  };
};
