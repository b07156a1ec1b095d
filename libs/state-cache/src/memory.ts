import { type Channel, channelStream, type Pbx, type Position, type Quarantined, START } from '@rollcall/channel';
import { giveName, type NameIndex, nameEntries, nameKey, streamsNamed, unname } from './name-index.ts';
import type { StateCache } from './state-cache.ts';

/** One generation: everything that a cache holds. */
type Held = {
  channels: Map<string, Channel>;
  names: NameIndex;
  pbxs: Map<string, Pbx>;
  quarantine: Map<string, Quarantined>;
  checkpoint: Position;
};

/** What each cache holds now, and how it takes what another holds. */
const holders = new WeakMap<StateCache, { held: () => Held; hold: (held: Held) => void }>();

/**
 * The cache in memory. A commit cannot be seen half done: it runs in one turn and nothing in it can fail, since names and
 * streams are read before the first index is touched. Who reads a list while generations are swapped reads the old one to its end.
 */
export const createMemoryCache = (): StateCache => {
  let held: Held = {
    channels: new Map(),
    names: new Map(),
    pbxs: new Map(),
    quarantine: new Map(),
    checkpoint: START,
  };

  const cache: StateCache = {
    get checkpoint() {
      return held.checkpoint;
    },
    get size() {
      return held.channels.size;
    },
    get: (stream) => held.channels.get(stream),
    byUniqueid: (pbx, uniqueid) => {
      const boot = held.pbxs.get(pbx)?.boot;
      return boot === undefined ? undefined : held.channels.get(channelStream(pbx, boot, uniqueid));
    },
    byName: (pbx, name) => {
      const found: Channel[] = [];
      for (const stream of streamsNamed(held.names, nameKey(pbx, name))) {
        const channel = held.channels.get(stream);
        if (channel) found.push(channel);
      }
      return found;
    },
    names: () => nameEntries(held.names),
    list: () => held.channels.values(),
    entries: () => held.channels.entries(),
    pbx: (name) => held.pbxs.get(name),
    pbxs: () => held.pbxs.values(),
    quarantined: (stream) => held.quarantine.get(stream),
    quarantine: () => held.quarantine.values(),

    commit: ({ puts, removals, pbxs, quarantine, checkpoint }) => {
      const { channels, names } = held;
      for (const stream of removals) {
        const before = channels.get(stream);
        if (!before) continue;
        unname(names, nameKey(before.pbx, before.name), stream);
        channels.delete(stream);
      }
      for (const [stream, channel] of puts) {
        const before = channels.get(stream);
        if (before?.name !== channel.name) {
          if (before) unname(names, nameKey(before.pbx, before.name), stream);
          giveName(names, nameKey(channel.pbx, channel.name), stream);
        }
        channels.set(stream, channel);
      }
      for (const pbx of pbxs) held.pbxs.set(pbx.name, pbx);
      for (const [stream, set] of quarantine) {
        if (set) held.quarantine.set(stream, set);
        else held.quarantine.delete(stream);
      }
      held.checkpoint = checkpoint;
    },

    swap: (other) => {
      const theirs = holders.get(other);
      if (!theirs) throw new TypeError('Only two caches of the same kind can be swapped.');
      const ours = held;
      held = theirs.held();
      theirs.hold(ours);
    },
  };
  holders.set(cache, {
    held: () => held,
    hold: (other) => {
      held = other;
    },
  });
  return cache;
};
