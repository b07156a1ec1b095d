import { type Channel, type Pbx, presence } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { type CacheReader, isUncertain } from '@rollcall/state-cache';
import type { Filter } from '../filter.ts';
import { channelJson } from './channel-json.ts';

/** The channels that a command shows, and what it must say of those that may be over. */
export type Selection = {
  channels: Channel[];
  isStale: (channel: Channel) => boolean;
  /** PBXs with stale channels; `hidden` of them have been stale for too long to be listed. */
  stale: { pbx: Pbx; count: number; hidden: number }[];
};

export type SelectOptions = {
  cache: CacheReader;
  now: number;
  /** Milliseconds; see `presence`. */
  staleAfter: number;
  filter: Filter;
  /** This PBX only. */
  pbx?: string | undefined;
};

export const select = ({ cache, now, staleAfter, filter, pbx: only }: SelectOptions): Selection => {
  const channels: Channel[] = [];
  const staleChannels = new Set<Channel>();
  const counts = new Map<string, { pbx: Pbx; count: number; hidden: number }>();
  for (const channel of cache.list()) {
    if (only !== undefined && channel.pbx !== only) continue;
    const pbx = cache.pbx(channel.pbx);
    const how = presence(channel, pbx, now, staleAfter);
    if (!filter(channelJson(channel, how !== 'live', now, isUncertain(channel, cache)))) continue;
    if (how !== 'hidden') channels.push(channel);
    if (how === 'live') continue;
    staleChannels.add(channel);
    if (!pbx) continue;
    const count = counts.get(pbx.name) ?? { pbx, count: 0, hidden: 0 };
    count.count++;
    if (how === 'hidden') count.hidden++;
    counts.set(pbx.name, count);
  }
  return { channels, isStale: (channel) => staleChannels.has(channel), stale: [...counts.values()] };
};

/** @throws RollcallError PBX_UNKNOWN */
export const checkPbx = (cache: CacheReader, name: string | undefined): void => {
  if (name === undefined || cache.pbx(name)) return;
  const names = [...cache.pbxs()].map((pbx) => pbx.name).sort();
  throw new RollcallError(
    'PBX_UNKNOWN',
    `There is no PBX ${JSON.stringify(name)} here.`,
    names.length ? `Known are: ${names.join(', ')}.` : 'No PBX has been heard yet.',
  );
};
