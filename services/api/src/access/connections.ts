import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback, networkOf } from '@rollcall/access';
import type { HttpLimits } from './limits.ts';

/** Ends connections beyond the limits at once. */
export const limitConnections = (
  server: Server,
  { connections, connectionsPerAddress }: Pick<HttpLimits, 'connections' | 'connectionsPerAddress'>,
): void => {
  const byAddress = new Map<string, number>();
  server.maxConnections = connections;
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isLoopback(remoteAddress)) return;
    const address = networkOf(remoteAddress);
    const open = (byAddress.get(address) ?? 0) + 1;
    if (open > connectionsPerAddress) {
      socket.destroy();
      return;
    }
    byAddress.set(address, open);
    socket.once('close', () => {
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    });
  });
};
