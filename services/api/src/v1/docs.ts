import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { OpenAPIV3 } from 'openapi-types';
import type { Operation } from '../operation.ts';
import { openApi } from './openapi.ts';

/** The page is of this server alone; its own styles stand in it. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** `/openapi.json`, and `/docs`: the same for people, served from here alone. */
export const docsRoutes = async (server: FastifyInstance, operations: readonly Operation[]): Promise<void> => {
  const document = openApi(operations);
  server.get('/openapi.json', async () => document);
  // The plugin's types know OpenAPI 3.0; it serves what it is given.
  await server.register(swagger, {
    mode: 'static',
    specification: { document: document as unknown as OpenAPIV3.Document },
  });
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: CSP, uiHooks: { onRequest: toTheFolder } });
};

/** The page names its parts relative to `/docs/`: at any other address a browser would look for them elsewhere, and show nothing. */
const toTheFolder: onRequestAsyncHookHandler = async ({ url }, reply) => {
  const [, asked] = /\/docs(\/?(?:\?.*)?)$/.exec(url) ?? [];
  if (asked !== undefined && asked !== '/') return reply.redirect(asked.startsWith('/') ? './' : 'docs/');
};
