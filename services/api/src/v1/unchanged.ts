import { isDoubtful } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import type { CacheReader } from '@rollcall/state-cache';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Gives an answer that is made of the list as it is now an ETag, and tells who has it already (If-None-Match) that it still holds: 304.
 * Nothing where something is stale: it is so for a time, which passes without an event.
 * @returns whether there is nothing more to send
 */
export const createUnchanged = (clock: Pick<Clock, 'now'>) => {
  const since = clock.now().toString(36);
  return (request: FastifyRequest, reply: FastifyReply, cache: CacheReader): boolean => {
    for (const pbx of cache.pbxs()) if (isDoubtful(pbx)) return false;
    let held = 0;
    for (const _ of cache.quarantine()) held += 1;
    // A retry or a repair changes the list at the same position.
    const tag = `W/"${since}-${cache.checkpoint}-${cache.size}-${held}"`;
    reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (!holds(tag, request.headers['if-none-match'])) return false;
    reply.status(304);
    return true;
  };
};

/** A proxy may send several. */
const holds = (tag: string, asked: string | undefined): boolean =>
  asked?.split(',').some((one) => one.trim() === tag || one.trim() === '*') ?? false;
