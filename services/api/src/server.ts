import type { Server } from 'node:https';
import fastify, {
  type FastifyHttpsOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { tellBrowsers } from './access/browsers.ts';
import { limitConnections } from './access/connections.ts';
import { identify } from './access/identify.ts';
import { DEFAULT_TIMEOUTS, httpOptions, MAX_BODY_BYTES, MAX_HEADERS } from './access/limits.ts';
import { limitRate } from './access/request-rate.ts';
import { whenAnswered } from './answered.ts';
import { ariFace } from './ari/face.ts';
import { healthRoutes } from './health.ts';
import { metricsRoute, timeAnswers } from './metrics/index.ts';
import type { ApiOptions } from './options.ts';
import { refusal, urlUnreadable } from './refusal.ts';
import { logAnswers, requestIds, tellRequestIds } from './request-log.ts';
import { v1Routes } from './v1/routes.ts';

/**
 * Everything that is served over HTTP. Reads come from the cache alone: they never reach a PBX. Each face is a scope of its own, with its own
 * words for what is wrong; who asks, and what he may see, is settled before any of them (`request.identity`, `request.view`).
 */
export const createApi = (options: ApiOptions): FastifyInstance => {
  const { tls, trustProxy = [], corsOrigins = [], limits, timeouts = DEFAULT_TIMEOUTS } = options;
  const http = httpOptions(timeouts);
  const common = {
    http,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    connectionTimeout: timeouts.idle,
    bodyLimit: MAX_BODY_BYTES,
    logger: false,
    genReqId: requestIds(options.clock),
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    // A reader that does not read keeps nobody from ending.
    forceCloseConnections: true,
    // An id may be as long as a url: what is too long for that is refused before it comes here.
    routerOptions: { maxParamLength: 64 * 1024 },
    frameworkErrors: unreadable,
  };
  const server: FastifyInstance = tls
    ? secure({ ...common, https: { ...http, ...tls, handshakeTimeout: timeouts.headers } })
    : fastify(common);
  server.server.maxHeadersCount = MAX_HEADERS;
  if (limits) limitConnections(server.server, limits);
  const { logger, metrics } = options;
  const tellers = [...(logger ? [logAnswers(logger)] : []), ...(metrics ? [timeAnswers(metrics)] : [])];
  whenAnswered(server, options.clock, (answered) => {
    for (const tell of tellers) tell(answered);
  });
  if (logger) tellRequestIds(server);
  server.setErrorHandler((error, _request, reply) => refusal(reply, error));
  server.setNotFoundHandler((_request, reply) => reply.status(404).send({ message: 'Resource not found' }));
  tellBrowsers(server, { origins: corsOrigins, tls: tls !== undefined });
  if (limits) limitRate(server, limits.requestsPerMinute);
  // Behind those plugins, in this order: what is too much is refused before a password is looked at.
  server.after(() => identify(server, options));
  if (metrics) server.register(async (scope) => metricsRoute(scope, metrics));
  server.register(async (scope) => healthRoutes(scope, options));
  server.register(async (scope) => ariFace(scope, options));
  server.register(async (scope) => v1Routes(scope, options), { prefix: '/v1' });
  return server;
};

/** Served in the same way: what differs is how bytes come and go. */
const secure = (options: FastifyHttpsOptions<Server>): FastifyInstance =>
  fastify(options) as unknown as FastifyInstance;

/** A url that cannot be read reaches no face; it is not repeated. */
const unreadable = (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  if (/^\/v1(?![^/?])/.test(request.url)) refusal(reply, urlUnreadable());
  else reply.status(400).send({ message: 'The url cannot be read' });
};
