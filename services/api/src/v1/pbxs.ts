import { type Channel, stateText } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import { endpointOf } from '@rollcall/listing';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { View } from '../access/view.ts';
import { type Listing, listed, presenceCounts } from '../listed.ts';
import type { ApiOptions } from '../options.ts';
import { checked } from './query.ts';
import { type Selection, selectionFields, selects } from './selection.ts';
import { createSending } from './sending.ts';
import { sayStale, stalePbxs } from './stale.ts';
import { createUnchanged } from './unchanged.ts';

export const pbxsQuery = z.strictObject({});

export const countsQuery = z.strictObject({
  ...selectionFields,
  by: z.enum(['state', 'context', 'trunk', 'pbx', 'application']).meta({ description: 'What is counted.' }),
  at: z.string().max(60).optional().meta({ description: 'As it was: a position, a time, or -10m.' }),
});

/** The PBXs, how their connections stand, and how many channels of each kind there are. */
export const pbxRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  const { clock, staleAfter, readiness } = options;
  const isUnchanged = createUnchanged(clock);
  const { inTurn } = createSending(options);

  const described = (view: View) => {
    const listing = { cache: view.cache, now: clock.now(), staleAfter };
    const states = new Map(readiness().pbxs.map((one) => [one.name, one]));
    const counts = presenceCounts(listing);
    const followed = [...listing.cache.pbxs()].map((pbx) => {
      const { state, reason, warnings } = states.get(pbx.name) ?? {};
      return { ...pbx, channels: counts.get(pbx.name), state, reason, warnings };
    });
    const neverReached = [...states.values()].flatMap(({ name, state, reason, warnings }) =>
      listing.cache.pbx(name) || !view.sees(name)
        ? []
        : [{ name, boot: 0, connected: false, channels: { live: 0, stale: 0 }, state, reason, warnings }],
    );
    return { position: listing.cache.checkpoint, now: listing.now, pbxs: [...followed, ...neverReached] };
  };

  server.get('/pbxs', async ({ query, view }) => {
    checked(pbxsQuery, query);
    return described(view);
  });

  server.get<{ Params: { name: string } }>('/pbxs/:name', async ({ params, query, view }) => {
    checked(pbxsQuery, query);
    const found = described(view).pbxs.find(({ name }) => name === params.name);
    if (found) return found;
    throw new RollcallError('PBX_UNKNOWN', `There is no PBX ${params.name}.`, 'See /v1/pbxs for those there are.');
  });

  server.get('/counts', async (request, reply) => {
    const { query, view } = request;
    const { by, at, ...selection } = checked(countsQuery, query);
    const { cache, now } = at === undefined ? { cache: view.cache, now: clock.now() } : await view.at(at);
    const listing = { cache, now, staleAfter };
    sayStale(reply, stalePbxs(listing, selection.pbx), { ...options, said: selection.stale !== undefined });
    if (at === undefined && isUnchanged(request, reply, cache)) return reply.send();
    const counted = () => ({ position: cache.checkpoint, now, by, ...countsOf(listing, selection, COUNTED[by]) });
    return inTurn(cache.size, counted);
  });
};

const countsOf = (listing: Listing, selection: Selection, ofWhat: (channel: Channel) => string) => {
  const channels = listed(listing).filter(selects(selection, listing));
  const counts = new Map<string, number>();
  for (const channel of channels) {
    const value = ofWhat(channel);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return { total: channels.length, counts: sorted.map(([value, count]) => ({ value, count })) };
};

/** Empty where it is not known. */
const COUNTED: Record<z.output<typeof countsQuery>['by'], (channel: Channel) => string> = {
  state: ({ state }) => stateText(state),
  context: ({ context }) => context ?? '',
  trunk: ({ name }) => endpointOf(name),
  pbx: ({ pbx }) => pbx,
  application: ({ application }) => application ?? '',
};
