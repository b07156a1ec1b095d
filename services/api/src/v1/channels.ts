import { type Channel, stateText } from '@rollcall/channel';
import type { CacheReader } from '@rollcall/state-cache';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Listing, listed } from '../listed.ts';
import type { ApiOptions } from '../options.ts';
import { setAside } from '../set-aside.ts';
import { channelModel } from './models.ts';
import { page, readCursor, sortSchema } from './page.ts';
import { checked, namesOf, numeral } from './query.ts';
import { createReach } from './reach.ts';
import { selectionFields, selects } from './selection.ts';
import { createSending } from './sending.ts';
import { doubtsOf, sayStale, stalePbxs } from './stale.ts';
import { createUnchanged } from './unchanged.ts';

const FIELDS = [...Object.keys(channelModel.shape), 'stateText'];

export const channelsQuery = z.strictObject({
  ...selectionFields,
  at: z.string().max(60).optional().meta({ description: 'The list as it was: a position, a time, or -10m.' }),
  sort: sortSchema.default('created').meta({ description: 'A dash before it turns the order round.' }),
  limit: numeral(z.number().int().min(1).max(10_000))
    .optional()
    .meta({ description: 'Channels on a page; all unless given.' }),
  cursor: z.string().max(2000).optional().meta({ description: '"next" of the page before.' }),
  fields: namesOf(FIELDS)
    .optional()
    .meta({ description: 'Names of fields to send, separated by commas; all unless given.' }),
  'wait-for': numeral(z.number().int().min(0))
    .optional()
    .meta({ description: 'Answer when the list has everything up to this position.' }),
  timeout: numeral(z.number().min(0).max(60))
    .default(5)
    .meta({ description: 'Seconds to wait for it at most; default: 5.' }),
});

/** Rollcall's own snapshots, with everything that it knows; the command line reads this with --url. */
export const channelRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  const isUnchanged = createUnchanged(options.clock);
  const reach = createReach(options);
  const sending = createSending(options);
  server.get('/channels', async (request, reply) => {
    const { at, sort, limit, cursor, fields, timeout, ...query } = checked(channelsQuery, request.query);
    const { 'wait-for': waitFor, ...selection } = query;
    const { cache } = request.view;
    if (waitFor !== undefined) await reach(cache, waitFor, timeout * 1000, request.raw.socket);
    const { staleAfter, clock } = options;
    const past = at === undefined ? undefined : await request.view.at(at);
    return sending.inTurn(options.cache.size, () => {
      if (request.raw.socket.destroyed) return reply.send();
      const listing: Listing = { ...(past ?? { cache, now: clock.now() }), staleAfter };
      const after = cursor === undefined ? undefined : readCursor(cursor, sort);
      const { pbx, stale } = selection;
      sayStale(reply, stalePbxs(listing, pbx), { ...options, said: stale !== undefined });
      const held = setAside(listing.cache, { pbxs: pbx, most: Number.POSITIVE_INFINITY });
      if (at === undefined && isUnchanged(request, reply, cache)) return reply.send();
      const all = listed(listing).filter(selects(selection, listing));
      const paged = limit !== undefined || cursor !== undefined || sort !== 'created';
      const { channels, next } = paged
        ? page(all, { sort, limit: limit ?? Number.POSITIVE_INFINITY, after })
        : { channels: all, next: undefined };
      const head = {
        position: listing.cache.checkpoint,
        now: listing.now,
        pbxs: [...listing.cache.pbxs()].filter(({ name }) => pbx === undefined || pbx.includes(name)),
        ...(paged && { total: all.length }),
        ...(next !== undefined && { next }),
      };
      const write = writer(listing.cache, fields);
      return reply
        .type('application/json; charset=utf-8')
        .send(sending.body(pieces(head, channels, write, held), channels.length * (past ? OF_ITS_OWN : 1)));
    });
  });
};

/** References that take as much as a channel: those of a list as it was are nobody else's. */
const OF_ITS_OWN = 200;

/** Characters that are sent together. */
const PIECE = 64 * 1024;

/** The answer, never in one string: a list may be of a hundred thousand channels. */
function* pieces(
  head: object,
  channels: readonly Channel[],
  write: (channel: Channel) => string,
  quarantine: object,
): Generator<string> {
  let piece = `${JSON.stringify(head).slice(0, -1)},"channels":[`;
  for (const [index, channel] of channels.entries()) {
    piece += index === 0 ? write(channel) : `,${write(channel)}`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}],"quarantine":${JSON.stringify(quarantine)}}`;
}

/** Made once for each channel object, which never changes. */
const texts = new WeakMap<Channel, string>();

const writer = (cache: CacheReader, fields: readonly string[] | undefined): ((channel: Channel) => string) => {
  if (fields) {
    return (channel) => {
      const all = { ...channel, stateText: stateText(channel.state), ...doubtsOf(channel, cache) };
      const named = new Map<string, unknown>(Object.entries(all));
      return JSON.stringify(Object.fromEntries(fields.map((field) => [field, named.get(field)])));
    };
  }
  return (channel) => {
    const { stale, uncertain } = doubtsOf(channel, cache);
    if (stale || uncertain) return JSON.stringify({ ...channel, stale, uncertain });
    const known = texts.get(channel) ?? JSON.stringify(channel);
    texts.set(channel, known);
    return known;
  };
};
