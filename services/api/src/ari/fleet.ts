import { type Channel, isDoubtful, isLongGone, type Pbx, presence } from '@rollcall/channel';
import type { CacheReader } from '@rollcall/state-cache';
import type { Listing } from '../listed.ts';

/** Whose channels an answer tells of: of one PBX, or of all of them together. */
export type Scope = {
  pbx: string | undefined;
  /** What stands before Asterisk's paths: `/ari`, or `/pbx/NAME/ari`. */
  prefix: string;
};

export const inScope = (scope: Scope, pbx: string): boolean => scope.pbx === undefined || scope.pbx === pbx;

/** Where several PBXs answer as one, each channel and bridge says whose it is: ids of two PBXs may be the same. */
export const isFleet = (scope: Scope, cache: CacheReader): boolean => {
  if (scope.pbx !== undefined) return false;
  const pbxs = cache.pbxs()[Symbol.iterator]();
  return pbxs.next().done !== true && pbxs.next().done !== true;
};

/**
 * Names of the PBXs of which an answer may not be true any more: their connection is lost, or back and not yet compared. One that is
 * away for longer than its channels stay in the lists is named only where it alone is asked.
 */
export const stalePbxs = (scope: Scope, { cache, now, staleAfter }: Listing): string[] => {
  const stale: string[] = [];
  for (const pbx of cache.pbxs()) {
    if (!inScope(scope, pbx.name)) continue;
    const gone = isLongGone(pbx, now, staleAfter);
    if (isDoubtful(pbx) && !(gone && scope.pbx === undefined)) stale.push(pbx.name);
  }
  return stale;
};

/** Names of the PBXs of which channels are listed as they were before an event that cannot be read. */
export const uncertainPbxs = (scope: Scope, { cache, now, staleAfter }: Listing): string[] => {
  const names = new Set<string>();
  for (const { stream, pbx } of cache.quarantine()) {
    const channel = inScope(scope, pbx) ? cache.get(stream) : undefined;
    if (channel && presence(channel, cache.pbx(pbx), now, staleAfter) !== 'hidden') names.add(pbx);
  }
  return [...names];
};

/**
 * The channel of that uniqueid, as it stands or, where there is none, whatever its case: Asterisk 17 and later tell no case apart.
 * Two PBXs without a systemname may hand out the same one: one that is live is meant before one that is stale.
 */
export const channelById = (scope: Scope, listing: Listing, uniqueid: string): Channel | undefined =>
  preferred(scope, listing, (pbx) => listing.cache.byUniqueid(pbx.name, uniqueid)) ??
  (/[a-z]/i.test(uniqueid) ? ignoringCase(scope, listing, uniqueid) : undefined);

/** By uniqueid or else by name, as Asterisk looks for the channel of a variable. */
export const channelByIdOrName = (scope: Scope, listing: Listing, text: string): Channel | undefined =>
  channelById(scope, listing, text) ?? preferred(scope, listing, (pbx) => listing.cache.byName(pbx.name, text)[0]);

const preferred = (scope: Scope, listing: Listing, find: (pbx: Pbx) => Channel | undefined): Channel | undefined => {
  const { cache, now, staleAfter } = listing;
  let stale: Channel | undefined;
  for (const pbx of cache.pbxs()) {
    const channel = inScope(scope, pbx.name) ? find(pbx) : undefined;
    if (!channel) continue;
    const how = presence(channel, pbx, now, staleAfter);
    if (how === 'live') return channel;
    if (how === 'stale') stale ??= channel;
  }
  return stale;
};

const ignoringCase = (scope: Scope, listing: Listing, uniqueid: string): Channel | undefined => {
  const wanted = uniqueid.toLowerCase();
  for (const { pbx, uniqueid: one } of listing.cache.list()) {
    if (one.length !== uniqueid.length || !inScope(scope, pbx) || one.toLowerCase() !== wanted) continue;
    const found = preferred({ ...scope, pbx }, listing, () => listing.cache.byUniqueid(pbx, one));
    if (found) return found;
  }
  return undefined;
};
