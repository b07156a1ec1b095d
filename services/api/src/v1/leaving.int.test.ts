import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { position } from '@rollcall/channel';
import { expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import type { Follow } from '../hub.ts';
import { cacheOf, pbxNamed, serve } from '../testing/served.ts';

const cache = cacheOf([pbxNamed('pbx-a')], []);

/** A log in which nothing happens, that counts who follows it. */
const countedLog = () => {
  const counts = { begun: 0, open: 0 };
  const follow: Follow = async function* (_from, signal) {
    counts.begun++;
    counts.open++;
    if (!signal.aborted) await once(signal, 'abort');
    counts.open--;
    yield* [];
  };
  return { counts, follow };
};

test('readers who leave leave nothing behind that follows', async () => {
  const { counts, follow } = countedLog();
  const api = await serve({ cache, follow });
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/events/ws`);
  await once(socket, 'open');
  expect(counts.open).toBe(1);
  socket.terminate();
  await vi.waitFor(() => expect(counts.open).toBe(0));

  const leaving = new AbortController();
  await fetch(`${api.url}/v1/events`, { signal: leaving.signal });
  expect(counts.open).toBe(1);
  leaving.abort();
  await vi.waitFor(() => expect(counts.open).toBe(0));
  expect(counts.begun).toBe(2);
  await api.close();
});

test('nor does a websocket that is refused because its page is of another origin', async () => {
  const { counts, follow } = countedLog();
  const api = await serve({ cache, follow });
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/events/ws`, {
    origin: 'https://elsewhere.example',
  });
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  expect(response.statusCode).toBe(403);
  await vi.waitFor(() => expect(counts.open).toBe(0));
  socket.terminate();
  await api.close();
});

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

test.each([
  ['of server-sent events', '/v1/events', ''],
  ['of a websocket', '/v1/events/ws', UPGRADE],
])('nor does a reader %s whose connection breaks while its position is looked at', async (_, path, headers) => {
  const { counts, follow } = countedLog();
  const looked = Promise.withResolvers<void>();
  const found = Promise.withResolvers<void>();
  const head = async () => {
    looked.resolve();
    await found.promise;
    return position(7);
  };
  const log = { head, compactedTo: async () => position(0), readStream: async function* () {} };
  const api = await serve({ cache, follow, log });
  const connected: Promise<Socket[]> = once(api.server.server, 'connection');
  const client = connect(api.port, '127.0.0.1').on('error', () => {});
  client.write(`GET ${path}?after=7 HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\n${headers}\r\n`);
  await looked.promise;
  const [connection] = await connected;
  if (!connection) throw new Error('nobody has connected');
  connection.destroy();
  await once(connection, 'close');
  found.resolve();
  await vi.waitFor(() => expect(counts).toEqual({ begun: 1, open: 0 }));
  await api.close();
});
