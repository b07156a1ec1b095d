import type { Channel, Pbx, Position, Quarantined, Revision } from '@rollcall/channel';

/** What one step of a projection changes; committed whole or not at all. */
export type Changes = {
  puts: ReadonlyMap<string, Channel>;
  removals: readonly string[];
  /** Where the events stand that ended the streams in `removals`; of a stream that no event ended here, nothing. */
  ends?: ReadonlyMap<string, { revision: Revision; position: Position }>;
  pbxs: readonly Pbx[];
  /** Streams set aside or, where undefined, set aside no longer. */
  quarantine: ReadonlyMap<string, Quarantined | undefined>;
  /** Everything in the log up to here is in the cache once this is committed. */
  checkpoint: Position;
};

export type CacheReader = {
  readonly checkpoint: Position;
  readonly size: number;
  /** By stream name; see channelStream. */
  get(stream: string): Channel | undefined;
  /** By the uniqueid that the PBX gave, in its present boot. Case counts, as in the log. */
  byUniqueid(pbx: string, uniqueid: string): Channel | undefined;
  /** All live channels of that name; case does not count, as in Asterisk. More than one is rare, and possible. */
  byName(pbx: string, name: string): Channel[];
  /** Every entry of the index by name; a channel has exactly one. For verification. */
  names(): Iterable<{ key: string; stream: string }>;
  list(): Iterable<Channel>;
  entries(): Iterable<[stream: string, channel: Channel]>;
  pbx(name: string): Pbx | undefined;
  pbxs(): Iterable<Pbx>;
  /** The stream is set aside: its channel, if it is listed at all, stands as it was before. */
  quarantined(stream: string): Quarantined | undefined;
  quarantine(): Iterable<Quarantined>;
};

/** The live channels by id and by name, with the position up to which they are the log's truth. One writer: the projector. */
export type StateCache = CacheReader & {
  commit(changes: Changes): void;
  /**
   * Exchanges all that the two hold, in one step: a new generation takes the place of the old one, which `other` then holds.
   * Readers keep this cache and see the one or the other, never a mixture.
   */
  swap(other: StateCache): void;
};
