import { isUncertain } from '@rollcall/state-cache';
import type { FastifyInstance } from 'fastify';
import { listed } from './listed.ts';
import type { ApiOptions } from './options.ts';
import { asked } from './query.ts';
import { setAside } from './set-aside.ts';

/** Rollcall's own snapshots, with everything that it knows; the command line reads this with --url. */
export const channelRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  server.get('/channels', async (request) => {
    const { listing, pbx } = await asked(request.query, { ...options, ...request.view });
    return {
      position: listing.cache.checkpoint,
      now: listing.now,
      pbxs: [...listing.cache.pbxs()].filter(({ name }) => pbx === undefined || name === pbx),
      channels: listed(listing, pbx).map((one) =>
        isUncertain(one, listing.cache) ? { ...one, uncertain: true } : one,
      ),
      quarantine: setAside(listing.cache, { pbx, most: Number.POSITIVE_INFINITY }),
    };
  });
};
