import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheOf, channelOf, pbxNamed, SINCE, serve } from './testing/served.ts';

const LONG = '0123456789'.repeat(15);
const WIDE = '€'.repeat(150);
const STRANGE = ['a/b', '50%', '%2F', 'a b', 'a?b=c', 'a#b', '...', '<b>', 'ü', '__proto__', LONG, WIDE];

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  const cache = cacheOf(
    [
      pbxNamed('pbx-a'),
      pbxNamed('pbx-b'),
      pbxNamed('lost', { connected: false }),
      pbxNamed('long-lost', { connected: false, since: SINCE - 86_400_000 }),
    ],
    [
      channelOf('pbx-a', '1.1', { name: 'PJSIP/alice-1', callerNumber: '101' }),
      channelOf('pbx-b', '1.2'),
      channelOf('pbx-b', 'both', { name: 'PJSIP/live-1' }),
      channelOf('lost', 'both', { name: 'PJSIP/stale-1' }),
      channelOf('lost', '1.3'),
      channelOf('long-lost', '1.4'),
      ...STRANGE.map((id) => channelOf('pbx-a', id)),
    ],
  );
  api = await serve({ cache });
});
afterAll(() => api.close());

const one = (id: string, query = '') => api.ask(`/ari/channels/${encodeURIComponent(id)}${query}`);
/** A test's name shows the beginning of a long id. */
const shortly = (id: string) => ({ id, shown: id.slice(0, 20) });
const NOT_FOUND = { message: 'Channel not found' };

describe('/ari/channels', () => {
  test("gives Asterisk's model, all PBXs, and names in a header those whose channels are stale", async () => {
    const { status, body, headers } = await api.ask('/ari/channels');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('x-rollcall-stale')).toBe('lost');
    expect(body).toHaveLength(5 + STRANGE.length);
    expect(body).toContainEqual(
      expect.objectContaining({
        id: '1.1',
        name: 'PJSIP/alice-1',
        state: 'Up',
        caller: { name: '', number: '101' },
        dialplan: { context: '', exten: '', priority: null, app_name: '', app_data: '' },
      }),
    );
  });
  test('of one PBX; without the header where nothing is stale', async () => {
    const { body, headers } = await api.ask('/ari/channels?pbx=pbx-b');
    expect(body).toHaveLength(2);
    expect(headers.has('x-rollcall-stale')).toBe(false);
    expect((await api.ask('/ari/channels?pbx=nobody')).body).toEqual([]);
  });
});

describe('/ari/channels/{id}', () => {
  test('gives the channel', async () => {
    expect(await one('1.1')).toMatchObject({ status: 200, body: { id: '1.1', name: 'PJSIP/alice-1' } });
  });
  test.each(STRANGE.map(shortly))('gives the channel $shown', async ({ id }) => {
    expect(await one(id)).toMatchObject({ status: 200, body: { id } });
  });
  test.each(['9.9', '1.1 ', 'PJSIP/alice-1', 'constructor', LONG.slice(1), `${LONG}0`, 'x'.repeat(5_000)].map(shortly))(
    "has Asterisk's own 404, to the letter, for $shown",
    async ({ id }) => {
      const { status, body } = await one(id);
      expect({ status, body }).toEqual({ status: 404, body: NOT_FOUND });
    },
  );
  test('case counts, as in the log', async () => {
    expect((await one('__PROTO__')).body).toEqual(NOT_FOUND);
  });
  test('marks a stale one, leaves out one that is stale for too long, and prefers the live one of two', async () => {
    const stale = await one('1.3');
    expect([stale.status, stale.headers.get('x-rollcall-stale')]).toEqual([200, 'lost']);
    expect((await one('1.4')).body).toEqual(NOT_FOUND);
    expect(await one('both')).toMatchObject({ status: 200, body: { name: 'PJSIP/live-1' } });
    expect(await one('both', '?pbx=lost')).toMatchObject({ status: 200, body: { name: 'PJSIP/stale-1' } });
  });
});

describe('what is not there', () => {
  test.each([
    '/',
    '/ari',
    '/ari/channels/',
    '/ari/bridges',
    '/ari/channels/1.1/play',
    '/v1',
    '/v1/channels/1.1',
    '/favicon.ico',
  ])('%s is a 404 in words, without what it was asked for', async (path) => {
    const { status, body } = await api.ask(path);
    expect(status).toBe(404);
    expect(body).toEqual({ message: path === '/ari/channels/' ? expect.any(String) : 'Resource not found' });
  });
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    "%s is Asterisk's 405, whatever the body: nothing can be changed here",
    async (method) => {
      for (const path of ['/ari/channels', '/ari/channels/1.1', '/v1/channels', '/healthz', '/readyz']) {
        for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'text/xml' }]) {
          const { status, body, headers: answered } = await api.ask(path, { method, headers, body: '{"broken' });
          expect({ path, status, body }).toEqual({ path, status: 405, body: { message: 'Invalid method' } });
          expect(answered.get('allow')).toBe('GET, HEAD');
        }
      }
    },
  );
  test('HEAD is GET without the body', async () => {
    expect(await api.ask('/ari/channels', { method: 'HEAD' })).toMatchObject({ status: 200, body: undefined });
    expect(await api.ask('/ari/channels/9.9', { method: 'HEAD' })).toMatchObject({ status: 404, body: undefined });
  });
});

/** As it stands on the wire: fetch would mend it. */
const raw = (path: string, headers: Record<string, string> = {}): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${api.url}`, { path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

test('urls that are none, or too long, are refused, and serving goes on', async () => {
  expect(await raw('/ari/channels/%zz')).toBe(400);
  expect(await raw('/ari/channels/%ff')).toBe(400);
  expect(await raw('/ari/channels/%2e%2e')).toBe(404);
  expect(await raw('*')).toBe(404);
  expect(await raw(`/ari/channels/${'x'.repeat(20_000)}`)).toBe(431);
  expect(await raw('/ari/channels', { 'x-long': 'x'.repeat(20_000) })).toBe(431);
  expect((await one('1.1')).status).toBe(200);
});
