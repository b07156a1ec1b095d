import { RollcallError } from '@rollcall/errors';
import { afterEach, expect, test } from 'vitest';
import { type Health, type HealthOptions, serveHealth } from './health-alone.ts';

let health: Health | undefined;
afterEach(() => health?.close());

const LOOPBACK = { http: { host: '127.0.0.1', port: 0 }, httpOpen: false };

const serve = async (options: Partial<HealthOptions> = {}) => {
  health = await serveHealth(LOOPBACK, { readiness: () => ({ problems: [] }), ...options });
  return async (path: string, method = 'GET') => {
    const answer = await fetch(`${health?.url}${path}`, { method });
    const { status, headers } = answer;
    return { status, allow: headers.get('allow'), type: headers.get('content-type'), body: await answer.text() };
  };
};

test('what cannot be told now ends that answer, and nothing else', async () => {
  const text = async (): Promise<string> => {
    throw new RollcallError('LOG_UNAVAILABLE', 'The log is away.', 'Start it.');
  };
  const ask = await serve({
    readiness: () => ({ problems: ['the log is away'], spool: { events: 3 } }),
    metrics: { contentType: 'text/plain', text },
  });
  expect(await ask('/metrics')).toMatchObject({ status: 503, body: expect.stringContaining('The log is away.') });
  expect(await ask('/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  expect(await ask('/readyz')).toMatchObject({
    status: 503,
    body: '{"status":"not ready","problems":["the log is away"],"spool":{"events":3}}',
  });
});

test('it is read, and nothing else', async () => {
  const ask = await serve({ metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'up 1\n' } });
  expect(await ask('/metrics?x=1')).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4', body: 'up 1\n' });
  expect(await ask('/readyz', 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect(await ask('/readyz', 'POST')).toMatchObject({ status: 405, allow: 'GET, HEAD' });
  expect(await ask('/v1/channels')).toMatchObject({ status: 404 });
});

test('without metrics there is no such path', async () => {
  expect(await (await serve())('/metrics')).toMatchObject({ status: 404 });
});

test('nothing is served where the settings say so; nobody else is served unless they say so', async () => {
  const readiness = () => ({ problems: [] });
  const off = await serveHealth({ http: undefined, httpOpen: false }, { readiness });
  expect(off.url).toBeUndefined();
  await off.close();
  const open = { host: '0.0.0.0', port: 0 };
  await expect(serveHealth({ http: open, httpOpen: false }, { readiness })).rejects.toMatchObject({
    code: 'HTTP_NOT_LOOPBACK',
  });
  health = await serveHealth({ http: open, httpOpen: true }, { readiness });
  const { port } = new URL(health.url ?? '');
  const taken = { host: '127.0.0.1', port: Number(port) };
  await expect(serveHealth({ http: taken, httpOpen: false }, { readiness })).rejects.toMatchObject({
    code: 'HTTP_PORT_IN_USE',
  });
});
