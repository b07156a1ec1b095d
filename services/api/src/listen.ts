import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { isLoopback } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import type { FastifyInstance } from 'fastify';
import { DEFAULT_TIMEOUTS, httpOptions, MAX_HEADERS } from './access/limits.ts';
import type { Tls } from './options.ts';

/**
 * Listens. Without users to log in, only loopback is served unless the settings say that it may be open.
 * @param address.open logins are asked for, or the settings say that none are needed
 * @throws RollcallError HTTP_NOT_LOOPBACK, HTTP_PORT_IN_USE, HTTP_ADDRESS
 */
export const listen = async (
  server: FastifyInstance,
  address: { host: string; port: number; open: boolean },
): Promise<string> => {
  const { host, port, open } = address;
  if (!open && !isLoopback(host)) {
    throw new RollcallError(
      'HTTP_NOT_LOOPBACK',
      `${host}:${port} can be reached by others, and there are no users yet: anybody would read every call.`,
      'Add one: "rollcall user add NAME". Or listen on 127.0.0.1, or say --http-open.',
    );
  }
  return bind(server, { host, port });
};

/** @throws RollcallError HTTP_PORT_IN_USE, HTTP_ADDRESS */
export const bind = async (
  server: Pick<FastifyInstance, 'listen'>,
  { host, port }: { host: string; port: number },
): Promise<string> => {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = 'Choose another: --http HOST:PORT.';
    throw code === 'EADDRINUSE'
      ? new RollcallError('HTTP_PORT_IN_USE', `${host}:${port} is in use by another program.`, advice)
      : new RollcallError('HTTP_ADDRESS', `Cannot listen on ${host}:${port}: ${code ?? error}.`, advice);
  }
};

/** Who connects from now on is shown this certificate; connections that stand go on. Of a server that was made with TLS. */
export const renewTls = ({ server }: FastifyInstance, tls: Tls): void => {
  if (server instanceof TlsServer) server.setSecureContext(tls);
};

/**
 * The same without TLS, for the commands of this machine, which the certificate does not know: on loopback, at a free port. To
 * be closed before the server.
 */
export const listenBeside = async (server: FastifyInstance): Promise<{ url: string; close: () => Promise<void> }> => {
  const beside: Server = createServer(httpOptions(DEFAULT_TIMEOUTS), (request, response) =>
    server.routing(request, response),
  );
  beside.maxHeadersCount = MAX_HEADERS;
  beside.timeout = DEFAULT_TIMEOUTS.idle;
  await new Promise<void>((resolve, reject) => {
    beside.once('error', reject);
    beside.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  const { port } = beside.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      beside.close();
      beside.closeAllConnections();
    },
  };
};
