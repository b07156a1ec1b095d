import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { allowOnly } from '../methods.ts';
import { operatingRoutes } from '../operating.ts';
import type { ApiOptions } from '../options.ts';
import { refuseForeignPages } from '../own-pages.ts';
import { refusal, resourceUnknown } from '../refusal.ts';
import { channelRoutes } from './channels.ts';
import { docsRoutes } from './docs.ts';
import { eventRoutes } from './events.ts';
import { oneChannelRoutes } from './one-channel.ts';
import { pbxRoutes } from './pbxs.ts';

/** Below this an answer is smaller than what compressing it costs. */
const COMPRESS_FROM = 4096;

const CHANGING = new Set(['POST', 'DELETE']);

/** Rollcall's own API, in a scope of prefix `/v1`. */
export const v1Routes = async (server: FastifyInstance, options: ApiOptions): Promise<void> => {
  await server.register(compress, { encodings: ['gzip'], threshold: COMPRESS_FROM });
  server.setErrorHandler((error, _request, reply) => refusal(reply, error));
  server.setNotFoundHandler(async () => {
    throw resourceUnknown();
  });
  server.addHook('onRequest', async (request, reply) => {
    if (CHANGING.has(request.method)) refuseForeignPages(request, reply);
  });
  const urls = new Set<string>();
  server.addHook('onRoute', ({ url, prefix }) => void urls.add(url.slice(prefix.length)));
  channelRoutes(server, options);
  oneChannelRoutes(server, options);
  pbxRoutes(server, options);
  eventRoutes(server, options);
  // Nothing can be changed there.
  for (const url of [...urls]) allowOnly(server, url, ['GET', 'HEAD']);
  const { operating } = options;
  if (operating) server.register(async (scope) => operatingRoutes(scope, options.cache, operating));
  server.register(async (scope) => docsRoutes(scope, operating?.jobs.operations ?? []));
};
