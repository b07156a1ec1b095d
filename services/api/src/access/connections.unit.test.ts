import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { limitConnections } from './connections.ts';

const arriving = () => {
  const server = createServer();
  limitConnections(server, { connections: 50, connectionsPerAddress: 2 });
  const arrive = (remoteAddress: string | undefined) => {
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress,
      destroyed: false,
      destroy: () => {
        socket.destroyed = true;
        socket.emit('close');
      },
    });
    server.emit('connection', socket);
    return socket;
  };
  return { server, arrive };
};

test('one address has so many connections at once, and may have another when one has ended', () => {
  const { arrive } = arriving();
  const [first, second, third] = ['192.0.2.1', '192.0.2.1', '192.0.2.1'].map(arrive);
  expect([first, second, third].map((socket) => socket?.destroyed)).toEqual([false, false, true]);
  expect(arrive('192.0.2.2').destroyed).toBe(false);
  first?.destroy();
  expect(arrive('192.0.2.1').destroyed).toBe(false);
  expect(arrive('192.0.2.1').destroyed).toBe(true);
});

test('all addresses of an IPv6 network are one, as all of them may be of one host', () => {
  const { arrive } = arriving();
  const arrived = ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3', '2001:db8:0:1::1'].map(arrive);
  expect(arrived.map(({ destroyed }) => destroyed)).toEqual([false, false, true, false]);
});

test('loopback stands for many, and is limited by the sum of all alone', () => {
  const { server, arrive } = arriving();
  const sockets = Array.from({ length: 10 }, () => arrive('127.0.0.1'));
  expect(sockets.every(({ destroyed }) => !destroyed)).toBe(true);
  expect(server.maxConnections).toBe(50);
});
