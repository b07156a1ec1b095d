import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { refuseForeignPages } from './own-pages.ts';

/** Of each request for another protocol: its socket, and what came behind the request. */
const upgrades = new WeakMap<IncomingMessage, { socket: Socket; head: Buffer }>();

/** Milliseconds of silence after which TCP asks whether the other side is still there. */
const KEEP_ALIVE_MS = 60_000;

/** Of each server, connections that left HTTP and are no websockets: Node ends them no more when the server closes. */
const leftHttp = new WeakMap<object, Set<Socket>>();

/**
 * Requests for a websocket go the way of every other one: through the hooks (access, limits) and the error handlers of the path they
 * ask for. A handler that means to answer with a websocket calls `accept`; whatever else it answers is sent, and the connection ends.
 */
const routeUpgrades = (server: FastifyInstance): void => {
  if (leftHttp.has(server.server)) return;
  const sockets = new Set<Socket>();
  leftHttp.set(server.server, sockets);
  server.addHook('preClose', async () => {
    for (const socket of sockets) socket.destroy();
  });
  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!(socket instanceof Socket)) return socket.destroy();
    upgrades.set(request, { socket, head });
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    // Whoever resets the connection meanwhile ends nothing but it.
    socket.on('error', () => socket.destroy());
    // Node watches over it no more; ws takes the time away that a websocket has no use for.
    socket.on('timeout', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    try {
      response.assignSocket(socket);
    } catch {
      // The request before it on this connection is still being answered: no client of websockets asks like that.
      return socket.destroy();
    }
    // Not held open by who does not end it on his side.
    response.on('finish', () => socket.destroySoon());
    server.routing(request, response);
  });
};

/** A websocket is asked for. */
export const wantsUpgrade = (request: FastifyRequest): boolean => upgrades.has(request.raw);

export type Sockets = {
  /**
   * Takes the request's connection as a websocket; undefined where ws has refused it, and answered, or where the client is gone.
   * @throws RollcallError ORIGIN_FOREIGN
   */
  accept: (request: FastifyRequest, reply: FastifyReply) => Promise<WebSocket | undefined>;
};

/**
 * @param options.protocols what it speaks, in small letters; a client that names others only is refused with 400
 * @param options.maxPayload bytes of one message from a client
 */
export const createSockets = (
  server: FastifyInstance,
  options: { protocols: readonly string[]; maxPayload: number },
): Sockets => {
  routeUpgrades(server);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxPayload,
    handleProtocols: (offered) => [...offered].find((one) => options.protocols.includes(one.toLowerCase())) ?? false,
  });
  server.addHook('preClose', async () => {
    for (const socket of sockets.clients) {
      socket.close(1001);
      socket.terminate();
    }
  });
  return {
    accept: async (request, reply) => {
      const upgrade = upgrades.get(request.raw);
      if (!upgrade) return undefined;
      refuseForeignPages(request, reply);
      upgrades.delete(request.raw);
      leftHttp.get(server.server)?.delete(upgrade.socket);
      reply.hijack();
      reply.raw.detachSocket(upgrade.socket);
      // Its end is not said again.
      if (upgrade.socket.destroyed) return undefined;
      return new Promise((resolve) => {
        upgrade.socket.once('close', () => resolve(undefined));
        sockets.handleUpgrade(request.raw, upgrade.socket, upgrade.head, resolve);
      });
    },
  };
};
