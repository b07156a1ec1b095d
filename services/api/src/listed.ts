import { type Channel, presence } from '@rollcall/channel';
import { oldestFirst } from '@rollcall/listing';
import type { CacheReader } from '@rollcall/state-cache';

export type Listing = { cache: CacheReader; now: number; staleAfter: number };

/** What a list shows: everything live, and what is stale while it is not stale for too long. Oldest first. */
export const listed = ({ cache, now, staleAfter }: Listing, pbx?: string): Channel[] => {
  const channels: Channel[] = [];
  for (const channel of cache.list()) {
    if (pbx !== undefined && channel.pbx !== pbx) continue;
    if (presence(channel, cache.pbx(channel.pbx), now, staleAfter) !== 'hidden') channels.push(channel);
  }
  return oldestFirst(channels);
};

export type PresenceCounts = { live: number; stale: number };

/** How many channels each PBX has in the lists, also one that has none. */
export const presenceCounts = ({ cache, now, staleAfter }: Listing): Map<string, PresenceCounts> => {
  const counts = new Map([...cache.pbxs()].map(({ name }) => [name, { live: 0, stale: 0 }]));
  for (const channel of cache.list()) {
    const how = presence(channel, cache.pbx(channel.pbx), now, staleAfter);
    const count = counts.get(channel.pbx);
    if (count && how !== 'hidden') count[how]++;
  }
  return counts;
};
