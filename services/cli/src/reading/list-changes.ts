import { type Channel, channelIsStale, type Pbx } from '@rollcall/channel';
import type { CacheReader, Changes } from '@rollcall/state-cache';
import type { Filter } from '../filter.ts';
import type { ChannelJson } from './channel-json.ts';

export type ListChange =
  | { change: 'listed' | 'added' | 'changed' | 'removed'; position: number; channel: ChannelJson }
  | { change: 'pbx'; position: number; pbx: Pbx };

/**
 * What changes in a filtered list, commit by commit: of one commit PBXs first, then removals, then the rest. `json` is how
 * a channel is told. A loss of a PBX is one `pbx` change: its channels are stale from then on, without a change of their own.
 */
export const createListChanges = (options: {
  cache: CacheReader;
  filter: Filter;
  pbx: string | undefined;
  json: (channel: Channel, stale: boolean) => ChannelJson;
}) => {
  const { cache, filter, pbx: only, json } = options;
  const listed = new Map<string, ChannelJson>();
  const told = (channel: Channel): ChannelJson => json(channel, channelIsStale(channel, cache.pbx(channel.pbx)));
  const wanted = (pbx: string): boolean => only === undefined || pbx === only;

  function* put(stream: string, channel: Channel, first: 'listed' | 'added'): Generator<ListChange> {
    if (!wanted(channel.pbx)) return;
    const now = told(channel);
    const { position } = channel;
    const before = listed.get(stream);
    if (filter(now)) {
      listed.set(stream, now);
      yield { change: before ? 'changed' : first, position, channel: now };
    } else if (before) {
      listed.delete(stream);
      yield { change: 'removed', position, channel: now };
    }
  }

  return {
    *begin(): Generator<ListChange> {
      for (const pbx of cache.pbxs()) if (wanted(pbx.name)) yield { change: 'pbx', position: pbx.position, pbx };
      for (const [stream, channel] of cache.entries()) yield* put(stream, channel, 'listed');
    },
    *after({ puts, removals, pbxs, checkpoint }: Changes): Generator<ListChange> {
      for (const pbx of pbxs) if (wanted(pbx.name)) yield { change: 'pbx', position: pbx.position, pbx };
      for (const stream of removals) {
        const channel = listed.get(stream);
        if (!channel) continue;
        listed.delete(stream);
        yield { change: 'removed', position: checkpoint, channel };
      }
      for (const [stream, channel] of puts) yield* put(stream, channel, 'added');
    },
  };
};
