import type { FastifyInstance } from 'fastify';
import type { Answered } from '../answered.ts';
import type { Metrics } from './registry.ts';

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Takes how long each answer took. */
export const timeAnswers = (metrics: Metrics): ((answered: Answered) => void) => {
  const observe = metrics.duration(
    'http_request_seconds',
    'Time until an answer was sent.',
    ['method', 'route', 'status'],
    REQUEST_SECONDS,
  );
  return ({ request: { method, routeOptions }, status, ms }) => {
    // The route and not the address, of which there are as many as there are channels.
    observe({ method, route: routeOptions.url ?? 'none', status: `${Math.floor(status / 100)}xx` }, ms / 1000);
  };
};

/** `/metrics`: asks for a login where the other routes beside it do; of a user who may see every PBX, since it counts by PBX. */
export const metricsRoute = (server: FastifyInstance, metrics: Metrics): void => {
  server.get('/metrics', { config: { everyPbx: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
};
