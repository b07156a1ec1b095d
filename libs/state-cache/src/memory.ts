import { type Channel, channelStream, type Pbx, type Position, type Quarantined, START } from '@rollcall/channel';
import type { StateCache } from './state-cache.ts';

/**
 * The cache in memory. A commit cannot be seen half done: it runs in one turn and nothing in it can fail, since names and
 * streams are read before the first index is touched.
 */
export const createMemoryCache = (): StateCache => {
  const channels = new Map<string, Channel>();
  const names: NameIndex = new Map();
  const pbxs = new Map<string, Pbx>();
  const quarantine = new Map<string, Quarantined>();
  let checkpoint: Position = START;

  return {
    get checkpoint() {
      return checkpoint;
    },
    get size() {
      return channels.size;
    },
    get: (stream) => channels.get(stream),
    byUniqueid: (pbx, uniqueid) => {
      const boot = pbxs.get(pbx)?.boot;
      return boot === undefined ? undefined : channels.get(channelStream(pbx, boot, uniqueid));
    },
    byName: (pbx, name) => {
      const found: Channel[] = [];
      for (const stream of streamsNamed(names, nameKey(pbx, name))) {
        const channel = channels.get(stream);
        if (channel) found.push(channel);
      }
      return found;
    },
    list: () => channels.values(),
    entries: () => channels.entries(),
    pbx: (name) => pbxs.get(name),
    pbxs: () => pbxs.values(),
    quarantined: (stream) => quarantine.get(stream),
    quarantine: () => quarantine.values(),

    commit: (changes) => {
      for (const stream of changes.removals) {
        const before = channels.get(stream);
        if (!before) continue;
        unname(names, nameKey(before.pbx, before.name), stream);
        channels.delete(stream);
      }
      for (const [stream, channel] of changes.puts) {
        const before = channels.get(stream);
        if (before?.name !== channel.name) {
          if (before) unname(names, nameKey(before.pbx, before.name), stream);
          giveName(names, nameKey(channel.pbx, channel.name), stream);
        }
        channels.set(stream, channel);
      }
      for (const pbx of changes.pbxs) pbxs.set(pbx.name, pbx);
      for (const [stream, set] of changes.quarantine) {
        if (set) quarantine.set(stream, set);
        else quarantine.delete(stream);
      }
      checkpoint = changes.checkpoint;
    },
  };
};

/** Almost every name has one channel: an array only where there are more. */
type NameIndex = Map<string, string | string[]>;

/** No name holds a line feed ahead of a PBX's name, so two PBXs cannot share a key. */
const nameKey = (pbx: string, name: string): string => `${pbx}\n${name.toLowerCase()}`;

const streamsNamed = (names: NameIndex, key: string): string[] => {
  const streams = names.get(key);
  if (streams === undefined) return [];
  return typeof streams === 'string' ? [streams] : streams;
};

const giveName = (names: NameIndex, key: string, stream: string): void => {
  const others = streamsNamed(names, key);
  names.set(key, others.length === 0 ? stream : [...others, stream]);
};

const unname = (names: NameIndex, key: string, stream: string): void => {
  const left = streamsNamed(names, key).filter((other) => other !== stream);
  const [only] = left;
  if (only === undefined) names.delete(key);
  else names.set(key, left.length === 1 ? only : left);
};
