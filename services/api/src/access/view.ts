import type { Identity } from '@rollcall/access';
import { maySee } from '@rollcall/access';
import type { Told } from '@rollcall/projector';
import type { CacheReader } from '@rollcall/state-cache';
import type { Follow, Hub } from '../hub.ts';
import type { ApiOptions } from '../options.ts';

/** Everything that one identity may see: lists, feeds and the past. Faces read through it, and through nothing else. */
export type View = {
  readonly cache: CacheReader;
  /** As in ApiOptions. */
  readonly at: ApiOptions['at'];
  /** As in ApiOptions: events after a position, or from now on. */
  readonly follow: Follow;
  /** As in Hub: events from now on, for one reader among many. */
  readonly join: Hub['join'];
  /** As in Hub: the same after a position, where what was told since is kept. */
  readonly resume: Hub['resume'];
  /** As in Hub. */
  readonly stay: Hub['stay'];
  /** As in Hub. */
  readonly reached: Hub['reached'];
  /** Whether anything of that PBX may be shown. */
  readonly sees: (pbx: string) => boolean;
};

type Sources = { options: Pick<ApiOptions, 'cache' | 'at' | 'follow'>; hub: Hub };

export const viewOf = (identity: Identity, { options, hub }: Sources): View => {
  const sees = (pbx: string): boolean => maySee(identity, pbx);
  const { join, resume, stay, reached } = hub;
  if (identity.pbxs === undefined) return { ...options, join, resume, stay, reached, sees };
  return {
    cache: narrowedCache(options.cache, sees),
    at: async (moment) => {
      const { cache, now } = await options.at(moment);
      return { cache: narrowedCache(cache, sees), now };
    },
    follow: (from, signal, turn) => toldOf(options.follow(from, signal, turn), sees),
    join: (signal, drop) => toldOf(join(signal, drop), sees),
    resume: (after, signal, drop) => {
      const batches = resume(after, signal, drop);
      return batches && toldOf(batches, sees);
    },
    stay,
    reached,
    sees,
  };
};

/** What happened to the PBXs that are seen. */
async function* toldOf<Batch extends readonly Told[]>(
  batches: AsyncIterable<Batch>,
  sees: (pbx: string) => boolean,
): AsyncGenerator<Told[]> {
  for await (const batch of batches) {
    const seen = batch.filter(({ event }) => sees(event.pbx));
    if (seen.length > 0) yield seen;
  }
}

/** The same cache, as if the other PBXs were not there. */
export const narrowedCache = (cache: CacheReader, sees: (pbx: string) => boolean): CacheReader => {
  const seen = <Of extends { pbx: string }>(one: Of | undefined): Of | undefined =>
    one && sees(one.pbx) ? one : undefined;
  return {
    get checkpoint() {
      return cache.checkpoint;
    },
    get size() {
      let size = 0;
      for (const { pbx } of cache.list()) if (sees(pbx)) size++;
      return size;
    },
    get: (stream) => seen(cache.get(stream)),
    byUniqueid: (pbx, uniqueid) => (sees(pbx) ? cache.byUniqueid(pbx, uniqueid) : undefined),
    byName: (pbx, name) => (sees(pbx) ? cache.byName(pbx, name) : []),
    *names() {
      for (const entry of cache.names()) if (seen(cache.get(entry.stream))) yield entry;
    },
    *list() {
      for (const channel of cache.list()) if (sees(channel.pbx)) yield channel;
    },
    *entries() {
      for (const entry of cache.entries()) if (sees(entry[1].pbx)) yield entry;
    },
    pbx: (name) => (sees(name) ? cache.pbx(name) : undefined),
    *pbxs() {
      for (const pbx of cache.pbxs()) if (sees(pbx.name)) yield pbx;
    },
    quarantined: (stream) => seen(cache.quarantined(stream)),
    *quarantine() {
      for (const held of cache.quarantine()) if (sees(held.pbx)) yield held;
    },
  };
};
