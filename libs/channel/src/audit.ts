import type { Channel } from './channel.ts';
import type { RecordedEvent } from './events.ts';
import { evolve } from './evolve.ts';
import type { ChannelList, ListedChannel } from './observation.ts';

/**
 * How a difference between the PBX's list and ours ended.
 * - `repaired`: the PBX said it again when it was asked about that channel, and our list was put right
 * - `withdrawn`: an event on its way, or the second look, showed that there was none
 * - `unsettled`: the PBX gave no answer about that channel; the next list settles it
 */
export type Difference = { uniqueid: string; name: string; outcome: 'repaired' | 'withdrawn' | 'unsettled' };

/** An entry of Asterisk's own lists without a channel behind it. Only a restart of that Asterisk removes it. */
export type AsteriskGhost = {
  uniqueid: string;
  name: string;
  /** Which of Asterisk's answers list it: `CoreShowChannels` (by name), `ARI /channels` (by uniqueid). */
  seenIn: string[];
  /** Milliseconds since 1970, as Asterisk counts the age of the entry's channel (in AMI whole seconds). */
  listedSince: number | undefined;
  /** Milliseconds since 1970: when that channel was over, or gave up that name. Undefined where our log does not know it. */
  overSince: number | undefined;
  /** Milliseconds since 1970 of the first audit, since Rollcall started, that found it. */
  foundAt: number;
};

/** A PBX's lists set beside ours. */
export type PbxAudit = {
  pbx: string;
  /** Milliseconds since 1970 when it began. */
  at: number;
  source: 'ami' | 'ari';
  /** Channels that both have. */
  agreed: number;
  /** We list it, the PBX does not have it. */
  ours: Difference[];
  /** The PBX has it, we did not list it. */
  missing: Difference[];
  asterisks: AsteriskGhost[];
  /** What this audit could not find out, a sentence each; empty when there is nothing. */
  cannotTell: string[];
  /** Every list came whole. When not, what it lacks is unknown, and nothing was concluded from its absence. */
  complete: boolean;
};

/** What one of Asterisk's caches lists. */
export type CacheAnswer = { from: string; list: ChannelList };

/** Listed by a cache and not real: not yet a ghost, since a channel that is being hung up looks the same for a moment. */
export type Unreal = { uniqueid: string; name: string; seenIn: string[]; listedSince: number | undefined };

/**
 * What the caches list and `real` lacks, under that uniqueid and that name: a channel that was renamed without a word may be
 * real while its former name stays in the cache by name (16 to 23). Of an incomplete `real` list nothing can be told.
 */
export const unrealEntries = (real: ChannelList, caches: readonly CacheAnswer[]): Unreal[] => {
  if (real.authority !== 'real' || !real.complete) return [];
  const existing = new Set(real.channels.map(entryKey));
  const found = new Map<string, Unreal>();
  for (const { from, list } of caches) {
    for (const channel of list.channels) {
      const key = entryKey(channel);
      if (existing.has(key)) continue;
      const known = found.get(key);
      const { uniqueid, facts } = channel;
      if (!known) {
        found.set(key, { uniqueid, name: facts.name ?? '', seenIn: [from], listedSince: facts.created });
      } else if (!known.seenIn.includes(from)) known.seenIn.push(from);
    }
  }
  return [...found.values()];
};

/** Those of `unreal` that a cache lists still. */
export const stillListed = (unreal: readonly Unreal[], caches: readonly CacheAnswer[]): Unreal[] => {
  const listed = caches.map(({ from, list }) => ({ from, keys: new Set(list.channels.map(entryKey)) }));
  return unreal.flatMap((entry) => {
    const seenIn = listed.filter(({ keys }) => keys.has(ghostKey(entry))).map(({ from }) => from);
    return seenIn.length > 0 ? [{ ...entry, seenIn }] : [];
  });
};

/**
 * Is it a ghost, now that the PBX was asked about that one channel? `unclear`: our list has it under that name, or an event of it
 * came after the caches were asked for the last time: it may have been ending just then, and the next audit will tell.
 */
export const isGhost = (entry: Unreal, looked: ListedChannel | undefined, unclear: boolean): boolean =>
  looked ? looked.facts.name !== entry.name : !unclear;

/**
 * When the channel of that stream gave up that name for the last time, or else was over; undefined where it lives under that
 * name, or lives and never had it.
 */
export const overSince = (name: string, events: Iterable<RecordedEvent>): number | undefined => {
  let channel: Channel | undefined;
  let gaveUp: number | undefined;
  let over: number | undefined;
  for (const event of events) {
    const before = channel;
    channel = evolve(channel, event);
    if (channel?.name === name) gaveUp = undefined;
    else if (before?.name === name) gaveUp = event.time;
    over = channel ? undefined : (over ?? event.time);
  }
  return channel?.name === name ? undefined : (gaveUp ?? over);
};

const entryKey = ({ uniqueid, facts }: ListedChannel): string => `${uniqueid}\n${facts.name ?? ''}`;

/** Tells one entry of Asterisk's caches from every other. */
export const ghostKey = ({ uniqueid, name }: { uniqueid: string; name: string }): string => `${uniqueid}\n${name}`;
