import type { FastifyInstance } from 'fastify';
import type { Metrics } from './registry.ts';

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** How long every answer of the server takes, from now on. */
export const timeRequests = (server: FastifyInstance, metrics: Metrics): void => {
  const observe = metrics.duration(
    'http_request_seconds',
    'Time until an answer was sent.',
    ['method', 'route', 'status'],
    REQUEST_SECONDS,
  );
  server.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    // The route and not the address, of which there are as many as there are channels.
    const labels = { method, route: routeOptions.url ?? 'none', status: `${Math.floor(reply.statusCode / 100)}xx` };
    observe(labels, reply.elapsedTime / 1000);
    done();
  });
};

/** `/metrics`: asks for a login where the other routes beside it do; of a user who may see every PBX, since it counts by PBX. */
export const metricsRoute = (server: FastifyInstance, metrics: Metrics): void => {
  server.get('/metrics', { config: { everyPbx: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
};
