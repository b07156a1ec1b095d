import type { Clock } from '@rollcall/clock';
import type { FastifyInstance } from 'fastify';
import type { Metrics } from './registry.ts';

const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** `/metrics`, and how long every answer took: call it before the routes are made. */
export const serveMetrics = (
  server: FastifyInstance,
  metrics: Metrics,
  { monotonic }: Pick<Clock, 'monotonic'>,
): void => {
  const observe = metrics.duration(
    'http_request_seconds',
    'Time until an answer was sent.',
    ['method', 'route', 'status'],
    REQUEST_SECONDS,
  );
  const begun = new WeakMap<object, number>();
  server.addHook('onRequest', async (request) => void begun.set(request, monotonic()));
  server.addHook('onResponse', async (request, reply) => {
    const begin = begun.get(request);
    const { method, routeOptions } = request;
    // The route and not the address, of which there are as many as there are channels.
    const labels = { method, route: routeOptions.url ?? 'none', status: `${Math.floor(reply.statusCode / 100)}xx` };
    if (begin !== undefined) observe(labels, (monotonic() - begin) / 1000);
  });
  server.get('/metrics', { logLevel: 'silent' }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
};
