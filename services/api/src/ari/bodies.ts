import { type Channel, presence } from '@rollcall/channel';
import { ariChannel } from '@rollcall/listing';
import type { CacheReader } from '@rollcall/state-cache';
import type { Listing } from '../listed.ts';
import { inScope, type Scope } from './fleet.ts';

/** Bytes of one piece of a list: 100,000 channels are never one text. */
const PIECE = 256 * 1024;
const [OPEN, CLOSE, COMMA] = ['[', ']', ','].map((mark) => mark.charCodeAt(0)) as [number, number, number];

/** Channels never change in place, so what was written of one holds as long as it does. */
const alone = new WeakMap<Channel, Buffer>();
const named = new WeakMap<Channel, Buffer>();

/** @param fleet whether the PBX is named in it, since several answer as one */
export const channelBody = (channel: Channel, fleet: boolean): Buffer => {
  const kept = fleet ? named : alone;
  let body = kept.get(channel);
  if (!body) {
    const model = ariChannel(channel);
    body = Buffer.from(JSON.stringify(fleet ? { ...model, pbx: channel.pbx } : model));
    kept.set(channel, body);
  }
  return body;
};

/** A list as JSON, in pieces. */
export const joined = (bodies: readonly Buffer[]): Buffer[] => {
  // Brackets, and a comma before all but the first.
  let left = 2 + Math.max(0, bodies.length - 1);
  for (const body of bodies) left += body.length;
  const pieces: Buffer[] = [];
  let piece = Buffer.allocUnsafe(Math.min(left, PIECE));
  let at = 0;
  const put = (body: Buffer | number): void => {
    const length = typeof body === 'number' ? 1 : body.length;
    if (at + length > piece.length) {
      pieces.push(piece.subarray(0, at));
      left -= at;
      piece = Buffer.allocUnsafe(Math.max(Math.min(left, PIECE), length));
      at = 0;
    }
    if (typeof body === 'number') piece[at] = body;
    else piece.set(body, at);
    at += length;
  };
  put(OPEN);
  for (const [index, body] of bodies.entries()) {
    if (index > 0) put(COMMA);
    put(body);
  }
  put(CLOSE);
  pieces.push(piece.subarray(0, at));
  return pieces;
};

type Kept = { pieces: Buffer[]; checkpoint: number; first: Channel | undefined; until: number };

/**
 * The list of channels, written once for everybody who asks while nothing changes: no commit, no other generation, no channel that has
 * been stale for too long. In no order, as in Asterisk.
 */
export const createChannelLists = (): ((scope: Scope, listing: Listing, fleet: boolean) => Buffer[]) => {
  const caches = new WeakMap<CacheReader, Map<string, Kept>>();
  return (scope, listing, fleet) => {
    const { cache, now, staleAfter } = listing;
    const lists = caches.get(cache) ?? new Map<string, Kept>();
    caches.set(cache, lists);
    const key = `${fleet} ${scope.pbx ?? ''}`;
    const first = cache.list()[Symbol.iterator]().next().value;
    const { checkpoint } = cache;
    const kept = lists.get(key);
    if (kept?.checkpoint === checkpoint && kept.first === first && now < kept.until) {
      return kept.pieces;
    }
    const bodies: Buffer[] = [];
    for (const channel of cache.list()) {
      if (!inScope(scope, channel.pbx)) continue;
      if (presence(channel, cache.pbx(channel.pbx), now, staleAfter) !== 'hidden')
        bodies.push(channelBody(channel, fleet));
    }
    let until = Number.POSITIVE_INFINITY;
    for (const pbx of cache.pbxs()) {
      const hidden = pbx.since + staleAfter + 1;
      if (!pbx.connected && hidden > now) until = Math.min(until, hidden);
    }
    const pieces = joined(bodies);
    // A name that nobody has is asked for once: it is not kept.
    if (scope.pbx === undefined || cache.pbx(scope.pbx)) lists.set(key, { pieces, checkpoint, first, until });
    return pieces;
  };
};
