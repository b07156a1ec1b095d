import type { Socket } from 'node:net';
import type { Access, Identity } from '@rollcall/access';
import type { Scheduler } from '@rollcall/clock';
import type { FastifyInstance } from 'fastify';

const LOOK_MS = 1_000;

/**
 * Ends connections of who was let in and may not be there any more: a revoked user's feed ends too. Returns what is told of each
 * request that was let in.
 */
export const dismissRevoked = (
  server: FastifyInstance,
  access: Access,
  scheduler: Scheduler,
): ((socket: Socket, identity: Identity) => void) => {
  /** All that were shown on a connection: a request that began with one of them may last. */
  const present = new Map<Socket, Set<Identity>>();
  let cancel = () => {};
  const look = (): void => {
    for (const [socket, shown] of present) {
      for (const identity of shown) if (!access.holds(identity)) socket.destroy();
    }
    cancel = scheduler.after(LOOK_MS, look);
  };
  look();
  server.addHook('onClose', async () => cancel());
  return (socket, identity) => {
    const shown = present.get(socket);
    if (shown) {
      shown.add(identity);
      return;
    }
    present.set(socket, new Set([identity]));
    socket.once('close', () => present.delete(socket));
  };
};
