import { type Channel, channelIsStale, isDoubtful, type Pbx, presence } from '@rollcall/channel';
import { type CacheReader, isUncertain } from '@rollcall/state-cache';
import { narrowedCache } from '../access/view.ts';
import { listed } from '../listed.ts';
import type { Line } from './block.ts';

/** What one user sees at one moment. */
export type View = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly pbxs: readonly Pbx[];
  /** Oldest first; channels of a PBX that is lost for too long are left out. */
  channels(): Channel[];
  /** By name, case not counting, or by uniqueid, as Asterisk looks for a channel; of several PBXs' a live one before a stale one. */
  find(channel: string): Channel | undefined;
  isStale(channel: Channel): boolean;
  /** Names of the PBXs whose connection is lost, or back and not yet compared: what is said of them may be over. */
  readonly stale: readonly string[];
  /** That PBX alone; undefined where there is none of that name, or it may not be seen. */
  only(pbx: string): View | undefined;
  /**
   * Where channels of several PBXs are seen, SystemName says of which one each is: two PBXs may use one uniqueid. Asterisk itself
   * marks its events so (`systemname` of asterisk.conf). What may be over, or stands as it was before an event that cannot be read, says so.
   */
  marks(channel: Channel): Line[];
};

export type Viewed = { cache: CacheReader; now: number; staleAfter: number };

/** @param allowed names of the PBXs that may be seen; all where it is left out */
export const createView = (viewed: Viewed, allowed: readonly string[] | undefined): View => {
  const { now, staleAfter } = viewed;
  const cache = allowed ? narrowedCache(viewed.cache, (pbx) => allowed.includes(pbx)) : viewed.cache;
  const pbxs = [...cache.pbxs()];
  const isStale = (channel: Channel): boolean => channelIsStale(channel, cache.pbx(channel.pbx));
  return {
    now,
    pbxs,
    channels: () => listed({ cache, now, staleAfter }),
    find: (channel) => {
      const found = pbxs.flatMap(({ name }) => cache.byName(name, channel)[0] ?? cache.byUniqueid(name, channel) ?? []);
      const shown = found.filter((one) => presence(one, cache.pbx(one.pbx), now, staleAfter) !== 'hidden');
      return shown.find((one) => !isStale(one)) ?? shown[0];
    },
    isStale,
    stale: pbxs.filter(isDoubtful).map(({ name }) => name),
    only: (name) => (pbxs.some((pbx) => pbx.name === name) ? createView(viewed, [name]) : undefined),
    marks: (channel) => [
      ...(pbxs.length > 1 ? [['SystemName', channel.pbx] as const] : []),
      ...(isStale(channel) ? [['Stale', 'yes'] as const] : []),
      ...(isUncertain(channel, cache) ? [['Uncertain', 'yes'] as const] : []),
    ],
  };
};
