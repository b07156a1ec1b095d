import type { FastifyInstance } from 'fastify';
import { channelRoutes } from '../channels.ts';
import { allowOnly } from '../methods.ts';
import { operatingRoutes } from '../operating.ts';
import type { ApiOptions } from '../options.ts';
import { refusal } from '../refusal.ts';

/** Rollcall's own API, in a scope of prefix `/v1`. */
export const v1Routes = async (server: FastifyInstance, options: ApiOptions): Promise<void> => {
  server.setErrorHandler((error, _request, reply) => refusal(reply, error));
  channelRoutes(server, options);
  allowOnly(server, '/channels', ['GET', 'HEAD']);
  const { operating } = options;
  if (operating) server.register(async (scope) => operatingRoutes(scope, options.cache, operating));
};
