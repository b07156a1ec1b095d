import { type Channel, isLongGone } from '@rollcall/channel';
import { ariChannel } from '@rollcall/listing';
import type { CacheReader } from '@rollcall/state-cache';
import type { Listing } from '../listed.ts';
import { bytesOf } from './answer.ts';
import { type Chunk, rechunk } from './chunks.ts';
import { inScope, type Scope } from './fleet.ts';

const OPEN = Buffer.from('[');
const CLOSE = Buffer.from(']');

/** Channels never change in place, so what was written of one holds as long as it does. */
const alone = new WeakMap<Channel, string>();
const named = new WeakMap<Channel, string>();

/** @param fleet whether the PBX is named in it, since several answer as one */
export const channelBody = (channel: Channel, fleet: boolean): string => {
  const kept = fleet ? named : alone;
  let body = kept.get(channel);
  if (!body) {
    const model = ariChannel(channel);
    body = JSON.stringify(fleet ? { ...model, pbx: channel.pbx } : model);
    kept.set(channel, body);
  }
  return body;
};

type Kept = { chunks: Chunk[]; pieces: Buffer[]; checkpoint: number; first: Channel | undefined; until: number };

/**
 * The list of channels in pieces, written once for everybody who asks while nothing changes: no commit, no other generation, no PBX that
 * has been away for too long. In no order, as in Asterisk.
 */
export const createChannelLists = (): ((scope: Scope, listing: Listing, fleet: boolean) => readonly Buffer[]) => {
  const caches = new WeakMap<CacheReader, Map<string, Kept>>();
  return (scope, listing, fleet) => {
    const { cache, now } = listing;
    const lists = caches.get(cache) ?? new Map<string, Kept>();
    caches.set(cache, lists);
    const key = `${fleet} ${scope.pbx ?? ''}`;
    const first = cache.list()[Symbol.iterator]().next().value;
    const { checkpoint } = cache;
    const kept = lists.get(key);
    if (kept?.checkpoint === checkpoint && kept.first === first && now < kept.until) return kept.pieces;
    const chunks = rechunk(kept?.chunks ?? [], shown(scope, listing), (channel) => channelBody(channel, fleet));
    const pieces = joined(chunks);
    // A name that nobody has is asked for once: it is not kept.
    const known = scope.pbx === undefined || cache.pbx(scope.pbx) !== undefined;
    if (known) lists.set(key, { chunks, pieces, checkpoint, first, until: nextHiding(listing) });
    return pieces;
  };
};

/** The channels of the scope but those of PBXs that have been away for too long: see `presence`. */
const shown = (scope: Scope, { cache, now, staleAfter }: Listing): Iterable<Channel> => {
  const hidden = new Set<string>();
  for (const pbx of cache.pbxs()) if (isLongGone(pbx, now, staleAfter)) hidden.add(pbx.name);
  if (hidden.size === 0 && scope.pbx === undefined) return cache.list();
  return only(cache.list(), ({ pbx }) => inScope(scope, pbx) && !hidden.has(pbx));
};

function* only(channels: Iterable<Channel>, wanted: (channel: Channel) => boolean): Generator<Channel> {
  for (const channel of channels) if (wanted(channel)) yield channel;
}

/** When the next PBX will have been away for too long. */
const nextHiding = ({ cache, now, staleAfter }: Listing): number => {
  let next = Number.POSITIVE_INFINITY;
  for (const { connected, since } of cache.pbxs()) {
    const hides = since + staleAfter + 1;
    if (!connected && hides > now) next = Math.min(next, hides);
  }
  return next;
};

/** Bytes up to which a list is put together: less goes out faster in one piece, more costs more to copy than to send in many. */
const SHORT = 512 * 1024;

const joined = (chunks: readonly Chunk[]): Buffer[] => {
  const pieces = [OPEN, ...chunks.map(({ body }, index) => (index === 0 ? body.subarray(1) : body)), CLOSE];
  const length = bytesOf(pieces);
  return length > SHORT ? pieces : [Buffer.concat(pieces, length)];
};
