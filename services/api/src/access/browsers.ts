import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** How long a browser may remember that a page of another origin may ask. */
const PREFLIGHT_S = 600;

/**
 * What browsers are told: nothing that is served here may run, be framed or be guessed to be something else, and no page of another
 * origin may read it but those named. A route that is a page says more in its own `helmet` option.
 * @param origins such as `https://wallboard.example`
 */
export const tellBrowsers = (server: FastifyInstance, options: { origins: readonly string[]; tls: boolean }): void => {
  const { origins, tls } = options;
  server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    // Whoever may read another origin's answer is for CORS to say, and for nothing else.
    crossOriginResourcePolicy: { policy: origins.length > 0 ? 'cross-origin' : 'same-origin' },
    ...(tls ? {} : { strictTransportSecurity: false }),
  });
  if (origins.length === 0) return;
  server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'last-event-id', 'if-none-match'],
    exposedHeaders: ['etag', 'location', 'retry-after', 'x-rollcall-stale', 'x-rollcall-uncertain'],
    maxAge: PREFLIGHT_S,
  });
};
