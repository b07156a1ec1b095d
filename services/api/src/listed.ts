import { type Channel, presence } from '@rollcall/channel';
import { oldestFirst } from '@rollcall/listing';
import { type CacheReader, isUncertain } from '@rollcall/state-cache';

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

/** Names of the PBXs whose channels are listed although their connection is lost. */
export const stalePbxs = (channels: Channel[], { cache, now, staleAfter }: Listing): string[] => [
  ...new Set(
    channels
      .filter((channel) => presence(channel, cache.pbx(channel.pbx), now, staleAfter) === 'stale')
      .map(({ pbx }) => pbx),
  ),
];

/** Names of the PBXs of which channels are listed as they were before an event that cannot be read. */
export const uncertainPbxs = (channels: Channel[], { cache }: Listing): string[] => [
  ...new Set(channels.filter((channel) => isUncertain(channel, cache)).map(({ pbx }) => pbx)),
];
