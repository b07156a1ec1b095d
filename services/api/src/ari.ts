import { type Channel, presence } from '@rollcall/channel';
import { ariChannel } from '@rollcall/listing';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Listing, listed, stalePbxs, uncertainPbxs } from './listed.ts';
import { allowOnly } from './methods.ts';
import type { ApiOptions } from './options.ts';
import { asked } from './query.ts';
import { refusal } from './refusal.ts';

/** Asterisk's own paths, models and 404, so that what reads ARI's channel list can read this one. */
export const ariRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  server.setErrorHandler((error, _request, reply) => refusal(reply, error));
  server.get('/channels', async (request, reply) => {
    const { listing, pbx } = await asked(request.query, { ...options, ...request.view });
    const channels = listed(listing, pbx);
    sayDoubts(reply, channels, listing);
    return channels.map(ariChannel);
  });

  server.get<{ Params: { id: string } }>('/channels/:id', async (request, reply) => {
    const { listing, pbx } = await asked(request.query, { ...options, ...request.view });
    const channel = find(listing, pbx, request.params.id);
    if (!channel) return reply.status(404).send({ message: 'Channel not found' });
    sayDoubts(reply, [channel], listing);
    return ariChannel(channel);
  });

  // Nothing can be changed there.
  for (const url of ['/channels', '/channels/:id']) allowOnly(server, url, ['GET', 'HEAD']);
};

/** Asterisk's model has no room for them: names of PBXs, in headers. */
const sayDoubts = (reply: FastifyReply, channels: Channel[], listing: Listing): void => {
  const stale = stalePbxs(channels, listing);
  if (stale.length) reply.header('x-rollcall-stale', stale.join(','));
  const uncertain = uncertainPbxs(channels, listing);
  if (uncertain.length) reply.header('x-rollcall-uncertain', uncertain.join(','));
};

/** Two PBXs without a systemname may hand out the same uniqueid: one that is live is meant before one that is stale. */
const find = ({ cache, now, staleAfter }: Listing, only: string | undefined, uniqueid: string): Channel | undefined => {
  let stale: Channel | undefined;
  for (const pbx of cache.pbxs()) {
    const channel = only === undefined || only === pbx.name ? cache.byUniqueid(pbx.name, uniqueid) : undefined;
    if (!channel) continue;
    const how = presence(channel, pbx, now, staleAfter);
    if (how === 'live') return channel;
    if (how === 'stale') stale ??= channel;
  }
  return stale;
};
