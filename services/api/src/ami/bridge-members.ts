import type { Channel } from '@rollcall/channel';

export type BridgeMembers = {
  entered(channel: Channel, bridge: string): void;
  left(channel: Channel, bridge: string): void;
  count(pbx: string, bridge: string): number;
};

/** Who is in which bridge; `channels` are looked through once, when it is first asked. */
export const createBridgeMembers = (channels: () => Iterable<Channel>): BridgeMembers => {
  let bridges: Map<string, Set<string>> | undefined;
  const membersOf = (pbx: string, bridge: string): Set<string> => {
    bridges ??= gather(channels());
    const key = keyOf(pbx, bridge);
    const members = bridges.get(key) ?? new Set();
    bridges.set(key, members);
    return members;
  };
  return {
    entered: ({ pbx, uniqueid }, bridge) => void membersOf(pbx, bridge).add(uniqueid),
    left: ({ pbx, uniqueid }, bridge) => void membersOf(pbx, bridge).delete(uniqueid),
    count: (pbx, bridge) => membersOf(pbx, bridge).size,
  };
};

const keyOf = (pbx: string, bridge: string): string => `${pbx}/${bridge}`;

const gather = (channels: Iterable<Channel>): Map<string, Set<string>> => {
  const bridges = new Map<string, Set<string>>();
  for (const { pbx, bridge, uniqueid } of channels) {
    if (!bridge) continue;
    const key = keyOf(pbx, bridge);
    const members = bridges.get(key);
    if (members) members.add(uniqueid);
    else bridges.set(key, new Set([uniqueid]));
  }
  return bridges;
};
