import { type Channel, presence } from '@rollcall/channel';
import { ariChannel } from '@rollcall/listing';
import type { FastifyInstance } from 'fastify';
import { type Listing, listed, stalePbxs } from './listed.ts';
import type { ApiOptions } from './options.ts';
import { asked } from './query.ts';

/** Asterisk's own paths, models and 404, so that what reads ARI's channel list can read this one. */
export const ariRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  server.get('/ari/channels', async (request, reply) => {
    const { listing, pbx } = await asked(request.query, options);
    const channels = listed(listing, pbx);
    const stale = stalePbxs(channels, listing);
    if (stale.length) reply.header('x-rollcall-stale', stale.join(','));
    return channels.map(ariChannel);
  });

  server.get<{ Params: { id: string } }>('/ari/channels/:id', async (request, reply) => {
    const { listing, pbx } = await asked(request.query, options);
    const channel = find(listing, pbx, request.params.id);
    if (!channel) return reply.status(404).send({ message: 'Channel not found' });
    if (stalePbxs([channel], listing).length) reply.header('x-rollcall-stale', channel.pbx);
    return ariChannel(channel);
  });
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
