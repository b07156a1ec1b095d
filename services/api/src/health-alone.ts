import { isLoopback } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import fastify from 'fastify';
import { tellBrowsers } from './access/browsers.ts';
import { DEFAULT_TIMEOUTS, httpOptions, MAX_HEADERS } from './access/limits.ts';
import { bind } from './listen.ts';
import { allowOnly } from './methods.ts';
import { refusal } from './refusal.ts';

export type HealthOptions = {
  /** What a service says of itself; it is ready while there is no problem. */
  readiness: () => { problems: readonly string[] } & Record<string, unknown>;
  /** What it tells Prometheus, where it does. */
  metrics?: { contentType: string; text: () => Promise<string> };
};

export type Health = { url: string | undefined; close: () => Promise<void> };

/**
 * `/healthz`, `/readyz` and `/metrics` of a service that serves no list, and so asks for no login.
 * @param address.http undefined: they are not served
 * @throws RollcallError HTTP_NOT_LOOPBACK, HTTP_PORT_IN_USE, HTTP_ADDRESS
 */
export const serveHealth = async (
  { http, httpOpen }: { http: { host: string; port: number } | undefined; httpOpen: boolean },
  { readiness, metrics }: HealthOptions,
): Promise<Health> => {
  if (!http) return { url: undefined, close: async () => {} };
  if (!httpOpen && !isLoopback(http.host)) throw notLoopback(`${http.host}:${http.port}`);
  const server = fastify({ http: httpOptions(DEFAULT_TIMEOUTS), logger: false, forceCloseConnections: true });
  server.server.maxHeadersCount = MAX_HEADERS;
  // What cannot be told now, since a server is away, say, ends this answer and nothing else.
  server.setErrorHandler((error, _request, reply) => refusal(reply, error));
  server.setNotFoundHandler((_request, reply) => reply.status(404).send({ message: 'Resource not found' }));
  tellBrowsers(server, { origins: [], tls: false });
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const state = readiness();
    const ready = state.problems.length === 0;
    reply.status(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not ready', ...state };
  });
  if (metrics) {
    server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  }
  const urls = ['/healthz', '/readyz', ...(metrics ? ['/metrics'] : [])];
  for (const url of urls) allowOnly(server, url, ['GET', 'HEAD']);
  return { url: await bind(server, http), close: () => server.close() };
};

const notLoopback = (address: string) =>
  new RollcallError(
    'HTTP_NOT_LOOPBACK',
    `${address} can be reached by others, and this service asks for no login.`,
    'Listen on 127.0.0.1, or say --http-open.',
  );
