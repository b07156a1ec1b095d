import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '@rollcall/access';
import { errorLine, RollcallError } from '@rollcall/errors';
import type { Settings } from '../settings/schema.ts';

export type HealthOptions = {
  /** What a service says of itself; it is ready while there is no problem. */
  readiness: () => { problems: readonly string[] } & Record<string, unknown>;
  /** What it tells Prometheus, where it does. */
  metrics?: { contentType: string; text: () => Promise<string> };
};

export type Health = { url: string | undefined; close: () => Promise<void> };

/**
 * `/healthz`, `/readyz` and `/metrics` of a service that serves no list.
 * @throws RollcallError HTTP_NOT_LOOPBACK, HTTP_PORT_IN_USE, HTTP_ADDRESS
 */
export const serveHealth = async (
  { http, httpOpen }: Pick<Settings, 'http' | 'httpOpen'>,
  { readiness, metrics }: HealthOptions,
): Promise<Health> => {
  if (!http) return { url: undefined, close: async () => {} };
  const { host, port } = http;
  if (!httpOpen && !isLoopback(host)) throw notLoopback(`${host}:${port}`);
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, contentType: string, body: string): void => {
      response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const json = (status: number, body: object): void => answer(status, 'application/json', JSON.stringify(body));
    const path = request.url?.split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { message: 'Method not allowed' });
    if (path === '/healthz') return json(200, { status: 'ok' });
    if (path === '/readyz') {
      const state = readiness();
      const ready = state.problems.length === 0;
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', ...state });
    }
    if (path === '/metrics' && metrics) return answer(200, metrics.contentType, await metrics.text());
    json(404, { message: 'Resource not found' });
  };
  const server = createServer((request, response) => {
    // What cannot be told now, since a server is away, say, ends this answer and nothing else.
    respond(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: errorLine(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(`${host}:${port}`, error)));
    server.listen({ host, port }, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const notLoopback = (address: string) =>
  new RollcallError(
    'HTTP_NOT_LOOPBACK',
    `${address} can be reached by others, and this service asks for no login.`,
    'Listen on 127.0.0.1, or say --http-open.',
  );

const cannotListen = (address: string, { code, message }: NodeJS.ErrnoException) =>
  code === 'EADDRINUSE'
    ? new RollcallError(
        'HTTP_PORT_IN_USE',
        `${address} is in use by another program.`,
        'Choose another: --http HOST:PORT.',
      )
    : new RollcallError(
        'HTTP_ADDRESS',
        `Cannot listen on ${address}: ${code ?? message}.`,
        'Choose another: --http HOST:PORT.',
      );
