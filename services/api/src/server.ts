import { RollcallError } from '@rollcall/errors';
import fastify, { type FastifyInstance } from 'fastify';
import { identify } from './access/identify.ts';
import { ariFace } from './ari/face.ts';
import { healthRoutes } from './health.ts';
import type { ApiOptions } from './options.ts';
import { refusal } from './refusal.ts';
import { v1Routes } from './v1/routes.ts';

/**
 * Everything that is served over HTTP. Reads come from the cache alone: they never reach a PBX. Each face is a scope of its own, with its own
 * words for what is wrong; who asks, and what he may see, is settled before any of them (`request.identity`, `request.view`).
 */
export const createApi = (options: ApiOptions): FastifyInstance => {
  const server = fastify({
    logger: false,
    bodyLimit: 64 * 1024,
    // A reader that does not read keeps nobody from ending.
    forceCloseConnections: true,
    // An id may be as long as a url: what is too long for that is refused before it comes here.
    routerOptions: { maxParamLength: 64 * 1024 },
  });
  server.setErrorHandler((error, _request, reply) => refusal(reply, error));
  server.setNotFoundHandler((_request, reply) => reply.status(404).send({ message: 'Resource not found' }));
  identify(server, options);
  server.register(async (scope) => ariFace(scope, options));
  server.register(async (scope) => v1Routes(scope, options), { prefix: '/v1' });
  healthRoutes(server, options);
  return server;
};

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/**
 * Listens. Without users to log in, only loopback is served unless the settings say that it may be open.
 * @throws RollcallError HTTP_NOT_LOOPBACK, HTTP_PORT_IN_USE, HTTP_ADDRESS
 */
export const listen = async (
  server: FastifyInstance,
  address: { host: string; port: number; open: boolean },
): Promise<string> => {
  const { host, port, open } = address;
  if (!open && !LOOPBACK.test(host)) {
    throw new RollcallError(
      'HTTP_NOT_LOOPBACK',
      `${host}:${port} can be reached by others, and there is no login yet: they would read every call.`,
      'Listen on 127.0.0.1 behind a proxy that asks for a login, or say --http-open.',
    );
  }
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code === 'EADDRINUSE'
      ? new RollcallError(
          'HTTP_PORT_IN_USE',
          `${host}:${port} is in use by another program.`,
          'Choose another: --http HOST:PORT.',
        )
      : new RollcallError(
          'HTTP_ADDRESS',
          `Cannot listen on ${host}:${port}: ${code ?? error}.`,
          'Choose another: --http HOST:PORT.',
        );
  }
};
