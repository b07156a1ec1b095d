import { systemWorld } from '@rollcall/clock';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { createApi, listen } from './index.ts';
import { cacheOf, nothingHappens } from './testing/served.ts';

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const api = (): FastifyInstance => {
  const cache = cacheOf([], []);
  const server = createApi({
    cache,
    clock: systemWorld.clock,
    staleAfter: 0,
    readiness: () => ({ problems: [], pbxs: [], position: 0 }),
    at: async () => ({ cache, now: 0 }),
    follow: nothingHappens,
  });
  servers.push(server);
  return server;
};

describe('an address that others can reach', () => {
  test.each(['0.0.0.0', '::', '10.0.0.5', 'pbx.example', '127.0.0.1.example', '1270.0.0.1', ''])(
    '%s is refused, and nothing listens',
    async (host) => {
      const server = api();
      await expect(listen(server, { host, port: 0, open: false })).rejects.toMatchObject({
        code: 'HTTP_NOT_LOOPBACK',
        advice: expect.stringContaining('--http-open'),
      });
      expect(server.addresses()).toEqual([]);
    },
  );
  test('is served when the settings say so', async () => {
    expect(await listen(api(), { host: '0.0.0.0', port: 0, open: true })).toMatch(/^http:/);
  });
});

test.each(['127.0.0.1', '127.8.9.10', 'localhost'])('loopback %s is served', async (host) => {
  expect(await listen(api(), { host, port: 0, open: false })).toMatch(/^http:/);
});

test('a port in use is said, and how to choose another', async () => {
  const port = Number(new URL(await listen(api(), { host: '127.0.0.1', port: 0, open: false })).port);
  await expect(listen(api(), { host: '127.0.0.1', port, open: false })).rejects.toMatchObject({
    code: 'HTTP_PORT_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
    advice: expect.stringContaining('--http'),
  });
});

test('an address that this machine does not have is said', async () => {
  await expect(listen(api(), { host: '192.0.2.1', port: 0, open: true })).rejects.toMatchObject({
    code: 'HTTP_ADDRESS',
    message: expect.stringContaining('192.0.2.1'),
  });
});
