import fastify from 'fastify';
import { expect, test } from 'vitest';
import { tellBrowsers } from './browsers.ts';

const toldOver = async ({ tls }: { tls: boolean }): Promise<unknown> => {
  const server = fastify();
  tellBrowsers(server, { origins: [], tls });
  server.get('/', async () => '');
  const { headers } = await server.inject('/');
  return headers['strict-transport-security'];
};

test('over TLS a browser is told to keep to it on this host, and nothing about its subdomains', async () => {
  expect(await toldOver({ tls: true })).toBe('max-age=31536000');
});

test('without TLS it is told nothing of the kind', async () => {
  expect(await toldOver({ tls: false })).toBeUndefined();
});
