import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What it sends says itself what browsers are to know. */
    tellsBrowsers?: boolean;
  }
}

/** How long a browser may remember that a page of another origin may ask. */
const PREFLIGHT_S = 600;

/**
 * What browsers are told: nothing that is served here may run, be framed or be guessed to be something else, and no page of another
 * origin may read it but those named.
 * @param origins such as `https://wallboard.example`
 */
export const tellBrowsers = (server: FastifyInstance, options: { origins: readonly string[]; tls: boolean }): void => {
  const { origins, tls } = options;
  const headers = headersOf({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    // Whoever may read another origin's answer is for CORS to say, and for nothing else.
    crossOriginResourcePolicy: { policy: origins.length > 0 ? 'cross-origin' : 'same-origin' },
    // Of this host alone: what its subdomains serve is not Rollcall's to say.
    strictTransportSecurity: tls && { includeSubDomains: false },
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (!request.routeOptions.config.tellsBrowsers) reply.headers(headers);
    done();
  });
  if (origins.length === 0) return;
  server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'last-event-id', 'if-none-match'],
    exposedHeaders: ['etag', 'location', 'retry-after', 'x-request-id', 'x-rollcall-stale', 'x-rollcall-uncertain'],
    maxAge: PREFLIGHT_S,
  });
};

/** They never change: made for each answer anew, they cost a seventh of it. */
const headersOf = (options: HelmetOptions): OutgoingHttpHeaders => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, (error) => {
    if (error) throw error;
  });
  return response.getHeaders();
};
