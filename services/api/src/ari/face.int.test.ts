import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheOf, channelOf, pbxNamed, SINCE, serve } from '../testing/served.ts';

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
  const never = { name: 'never-reached', state: 'connecting', warnings: [], counters: {} };
  const hosts = new Map([
    ['pbx-b.example', 'pbx-b'],
    ['nobody.example', 'nobody'],
  ]);
  api = await serve({ cache, hosts, readiness: () => ({ problems: [], pbxs: [never], position: 7 }) });
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
  test('of any case, as in Asterisk 17 and later', async () => {
    expect(await one('__PROTO__')).toMatchObject({ status: 200, body: { id: '__proto__' } });
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
    ['/ari', 405, 'Invalid method'],
    ['/ari/asterisk', 405, 'Invalid method'],
    ['/ari//channels', 405, 'Invalid method'],
    ['/ari/channels/', 404, 'ARI URLs do not end with a slash. Try /ari/channels'],
    ['/pbx/pbx-b/ari/channels/', 404, 'ARI URLs do not end with a slash. Try /pbx/pbx-b/ari/channels'],
    ['/ari/nothing', 404, 'Resource not found'],
    ['/ari/CHANNELS', 404, 'Resource not found'],
    ['/ari/channels/1.1/play', 405, 'Invalid method'],
    ['/ari/channels/create', 405, 'Invalid method'],
    ['/ari/bridges/none/play/1', 405, 'Invalid method'],
    ['/ari/channels/1.1/nonsense', 404, 'Resource not found'],
    ['/ari/%63hannels/none', 404, 'Channel not found'],
    ['/ari/bridges/none', 404, 'Bridge not found'],
    ['/ari/applications/none', 404, 'Application not found'],
    ['/ari/api-docs', 404, 'Resource not found'],
    ['/ari/api-docs/nothing.json', 404, 'Resource not found'],
    ['/pbx/nobody/ari/channels', 404, 'PBX not found'],
    ['/pbx/nobody/ari/api-docs/resources.json', 404, 'PBX not found'],
    ['/ari/channels?pbx=nobody', 404, 'PBX not found'],
    ['/ari/channels?pbx=', 404, 'PBX not found'],
    ['/ari/channels?pbx=PBX-A', 404, 'PBX not found'],
    ['/ari/channels/1.1?pbx=pbx-a&pbx=nobody', 404, 'PBX not found'],
    ['/ari/bridges?pbx=nobody', 404, 'PBX not found'],
    ['/ari/asterisk/info?pbx=nobody', 404, 'PBX not found'],
    ['/ari/events?app=a&pbx=nobody', 404, 'PBX not found'],
    ['/ari/channels?pbx=never-reached', 503, 'Asterisk not booted'],
    ['/pbx/never-reached/ari/channels', 503, 'Asterisk not booted'],
  ])('%s: %i %s, in the words of Asterisk', async (path, status, message) => {
    const { headers, ...answer } = await api.ask(path);
    expect(answer).toEqual({ status, body: { message } });
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('allow')).toBe(status === 405 ? 'OPTIONS' : null);
  });
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s is what Asterisk says to a user who may only read, whatever the body and the path',
    async (method) => {
      for (const path of [
        '/ari',
        '/ari/channels',
        '/ari/channels/',
        '/ari/channels/1.1',
        '/ari/nothing',
        '/ari/events',
      ]) {
        for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'text/xml' }]) {
          const { status, body } = await api.ask(path, { method, headers, body: '{"broken' });
          expect({ path, status, body }).toEqual({ path, status: 403, body: { message: 'Write access denied' } });
        }
      }
    },
  );
  test('so is HEAD; OPTIONS says what may be asked', async () => {
    expect(await api.ask('/ari/channels', { method: 'HEAD' })).toMatchObject({ status: 403, body: undefined });
    for (const [path, allow] of [
      ['/ari/channels/1.1', 'OPTIONS,GET'],
      ['/ari', 'OPTIONS'],
    ] as const) {
      const { status, body, headers } = await api.ask(path, { method: 'OPTIONS' });
      expect({ status, body, allow: headers.get('allow') }).toEqual({ status: 204, body: undefined, allow });
    }
    expect(await api.ask('/ari/nothing', { method: 'OPTIONS' })).toMatchObject({ status: 404 });
    expect(await api.ask('/ari/api-docs/resources.json', { method: 'OPTIONS' })).toMatchObject({
      status: 405,
      body: { message: 'Unsupported method' },
    });
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

test('a host name of a PBX is that PBX alone, and one of a PBX that is not there is told so', async () => {
  expect(await raw('/ari/channels/1.2', { host: 'pbx-b.example' })).toBe(200);
  expect(await raw('/ari/channels/1.1', { host: 'pbx-b.example' })).toBe(404);
  expect(await raw('/ari/channels', { host: 'nobody.example' })).toBe(404);
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
