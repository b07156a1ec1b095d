import { presence } from '@rollcall/channel';
import { isUncertain } from '@rollcall/state-cache';
import type { FastifyReply } from 'fastify';
import type { Listing } from '../listed.ts';
import type { Answer } from './answer.ts';
import { type Scope, stalePbxs, uncertainPbxs } from './fleet.ts';

/** Asterisk's models have no room for them: names of PBXs, in headers. */
export const sayDoubts = (reply: FastifyReply, { about }: Answer, scope: Scope, listing: Listing): void => {
  const { cache, now, staleAfter } = listing;
  const isStale = about && presence(about, cache.pbx(about.pbx), now, staleAfter) !== 'live';
  const stale = about ? (isStale ? [about.pbx] : []) : stalePbxs(scope, listing);
  if (stale.length) reply.header('x-rollcall-stale', stale.join(','));
  const uncertain = about ? (isUncertain(about, cache) ? [about.pbx] : []) : uncertainPbxs(scope, listing);
  if (uncertain.length) reply.header('x-rollcall-uncertain', uncertain.join(','));
};
