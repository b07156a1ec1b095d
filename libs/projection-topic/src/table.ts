import { channelKey } from './partition.ts';
import type { ChannelRecord } from './read-record.ts';
import type { ChannelSnapshot } from './snapshot.ts';
import { supersedes, type Version } from './version.ts';

/** How many tombstones are remembered: what comes late after one of them brings nothing back. */
export const MOST_TOMBSTONES = 100_000;

export type ChannelChange =
  | { change: 'created'; channel: ChannelSnapshot }
  | { change: 'changed'; channel: ChannelSnapshot; before: ChannelSnapshot }
  | { change: 'destroyed'; channel: ChannelSnapshot };

type Entry = { version: Version; channel: ChannelSnapshot };

/** The channels by id and by name, as the records taken so far say; what came late or twice changes nothing. */
export const createTable = () => {
  const live = new Map<string, Entry>();
  /** The oldest come first. */
  const tombstones = new Map<string, Version>();
  /** Almost every name has one key: an array only where there are more. */
  const names = new Map<string, string | string[]>();

  const keysNamed = (name: string): string[] => {
    const keys = names.get(name) ?? [];
    return typeof keys === 'string' ? [keys] : keys;
  };

  const giveName = (key: string, { pbx, name }: ChannelSnapshot): void => {
    const others = keysNamed(nameKey(pbx, name));
    names.set(nameKey(pbx, name), others.length === 0 ? key : [...others, key]);
  };

  const unname = (key: string, { pbx, name }: ChannelSnapshot): void => {
    const left = keysNamed(nameKey(pbx, name)).filter((other) => other !== key);
    const [only] = left;
    if (only === undefined) names.delete(nameKey(pbx, name));
    else names.set(nameKey(pbx, name), left.length === 1 ? only : left);
  };

  const put = (key: string, entry: Entry, before: Entry | undefined): void => {
    if (before?.channel.name !== entry.channel.name) {
      if (before) unname(key, before.channel);
      giveName(key, entry.channel);
    }
    live.set(key, entry);
    tombstones.delete(key);
  };

  const bury = (key: string, version: Version, before: Entry | undefined): void => {
    if (before) unname(key, before.channel);
    live.delete(key);
    tombstones.delete(key);
    tombstones.set(key, version);
    if (tombstones.size <= MOST_TOMBSTONES) return;
    for (const [oldest] of tombstones) return void tombstones.delete(oldest);
  };

  return {
    /** What a record changes; undefined when it is late. Two changes, when the channel of a new boot has an old one's id. */
    take: (record: Extract<ChannelRecord, { is: 'snapshot' | 'tombstone' }>): ChannelChange[] | undefined => {
      const { key, version } = record;
      const before = live.get(key);
      if (!supersedes(version, before?.version ?? tombstones.get(key))) return undefined;
      if (record.is === 'tombstone') {
        bury(key, version, before);
        return before ? [{ change: 'destroyed', channel: before.channel }] : [];
      }
      put(key, { version, channel: record.channel }, before);
      return before
        ? changesBetween(before, { version, channel: record.channel })
        : [{ change: 'created', channel: record.channel }];
    },
    get size(): number {
      return live.size;
    },
    get: (pbx: string, uniqueid: string): ChannelSnapshot | undefined => live.get(channelKey(pbx, uniqueid))?.channel,
    byName: (pbx: string, name: string): ChannelSnapshot[] =>
      keysNamed(nameKey(pbx, name)).flatMap((key) => live.get(key)?.channel ?? []),
    *list(): Generator<ChannelSnapshot> {
      for (const { channel } of live.values()) yield channel;
    },
    live: live as ReadonlyMap<string, Entry>,
    tombstones: tombstones as ReadonlyMap<string, Version>,
  };
};

export type Table = ReturnType<typeof createTable>;

/** What one who followed `before` has to be told to be where `after` is. */
export function* differences(before: Table, after: Table): Generator<ChannelChange> {
  for (const [key, { channel }] of before.live) if (!after.live.has(key)) yield { change: 'destroyed', channel };
  for (const [key, entry] of after.live) {
    const known = before.live.get(key);
    if (known) yield* changesBetween(known, entry);
    else yield { change: 'created', channel: entry.channel };
  }
}

const changesBetween = (before: Entry, after: Entry): ChannelChange[] => {
  const sameLog = before.version.log === after.version.log;
  if (sameLog && before.version.boot !== after.version.boot) {
    return [
      { change: 'destroyed', channel: before.channel },
      { change: 'created', channel: after.channel },
    ];
  }
  const same = JSON.stringify(before.channel) === JSON.stringify(after.channel);
  return same ? [] : [{ change: 'changed', channel: after.channel, before: before.channel }];
};

/** No name holds a line feed, so two PBXs cannot share a key. Case does not count, as in Asterisk. */
const nameKey = (pbx: string, name: string): string => `${pbx}\n${name.toLowerCase()}`;
