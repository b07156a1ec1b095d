import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { cacheOf, pbxNamed, serve } from './testing/served.ts';
import { someUsers } from './testing/users.ts';

const FEEDS = ['/v1/events/ws', '/ari/events?app=a&subscribeAll=true'];

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({ cache: cacheOf([pbxNamed('pbx-a')], []), corsOrigins: ['https://wallboard.example'] });
});
afterAll(() => api.close());

/** `open`, or the status that it was refused with. */
const connected = async (path: string, origin?: string): Promise<unknown> => {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`, origin === undefined ? {} : { origin });
  socket.on('error', () => {});
  const outcome = await Promise.race([
    once(socket, 'open').then(() => 'open'),
    once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
  ]);
  socket.terminate();
  return outcome;
};

describe('a page of another origin', () => {
  test.each(FEEDS)('gets no websocket of %s, though a browser of this machine would be served', async (path) => {
    expect(await connected(path, 'https://elsewhere.example')).toBe(403);
    expect(await connected(path, 'null')).toBe(403);
  });
  test.each(FEEDS)('gets %s where it is named in corsOrigins', async (path) => {
    expect(await connected(path, 'https://wallboard.example')).toBe('open');
  });
  test.each(FEEDS)('is none of what names no origin, or this one: %s', async (path) => {
    expect(await connected(path)).toBe('open');
    expect(await connected(path, api.url)).toBe('open');
  });
  test('changes nothing, with whatever login the browser adds', async () => {
    const asked = (origin: string) => api.ask('/v1/operations/verify', { method: 'POST', headers: { origin } });
    expect(await asked('https://elsewhere.example')).toMatchObject({ status: 403, body: { code: 'ORIGIN_FOREIGN' } });
    expect((await asked(api.url)).status).not.toBe(403);
  });
});

test('a browser that opens a page is asked for a password, and a program for a token', async () => {
  const { access, remove } = await someUsers();
  const guarded = await serve({ cache: cacheOf([], []), access });
  const asked = async (accept: string) => {
    const { status, headers } = await fetch(`${guarded.url}/v1/docs/`, { headers: { accept } });
    return [status, headers.get('www-authenticate')];
  };
  expect(await asked('text/html,application/xhtml+xml')).toEqual([
    401,
    expect.stringMatching(/^Basic realm=.*Bearer$/),
  ]);
  expect(await asked('application/json')).toEqual([401, 'Bearer']);
  await guarded.close();
  remove();
});
