import { once } from 'node:events';
import { connect } from 'node:net';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createMetrics, listMetrics } from '../metrics/index.ts';
import { createJobs, operation } from '../operations.ts';
import { cacheOf, channelOf, heldAt, pbxNamed, serve } from '../testing/served.ts';
import { basic, noUsers, PASSWORD, someUsers } from '../testing/users.ts';

const OPERATOR_TOKEN = '0123456789abcdef'.repeat(4);
/** Stands in everything that belongs to the PBX that a bound user may not see. */
const HIDDEN = 'hidden';

let users: Awaited<ReturnType<typeof someUsers>>;
let api: Awaited<ReturnType<typeof serve>>;
const jobs = createJobs({
  operations: [
    operation({
      name: 'endless',
      body: z.strictObject({}),
      changes: false,
      run: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    }),
  ],
  world: systemWorld,
});

beforeAll(async () => {
  users = await someUsers();
  const cache = cacheOf(
    [pbxNamed('pbx-a'), pbxNamed(`${HIDDEN}-pbx`), pbxNamed(`${HIDDEN}-lost`, { connected: false })],
    [
      channelOf('pbx-a', '1.1', { name: 'PJSIP/alice-1', bridge: 'bridge-a' }),
      channelOf('pbx-a', 'both', { name: 'PJSIP/alice-2' }),
      channelOf(`${HIDDEN}-pbx`, '1.2', {
        name: `PJSIP/${HIDDEN}-1`,
        bridge: 'bridge-b',
        context: `${HIDDEN}-context`,
      }),
      channelOf(`${HIDDEN}-pbx`, 'both', { name: `PJSIP/${HIDDEN}-2`, callerNumber: `${HIDDEN}-number` }),
      channelOf(`${HIDDEN}-lost`, '1.3', { name: `PJSIP/${HIDDEN}-3` }),
    ],
    [heldAt('pbx-a', '1.1'), heldAt(`${HIDDEN}-pbx`, '1.2')],
  );
  const { access } = users;
  const metrics = createMetrics();
  listMetrics(metrics, { cache, clock: systemWorld.clock, staleAfter: 900_000 });
  api = await serve({
    cache,
    metrics,
    access,
    scheduler: systemWorld.scheduler,
    trustProxy: ['127.0.0.1'],
    readiness: () => ({
      problems: [],
      position: 7,
      pbxs: ['pbx-a', `${HIDDEN}-pbx`, `${HIDDEN}-unreached`].map((name) => ({
        name,
        state: 'live',
        warnings: [],
        counters: {},
      })),
    }),
    operating: { token: OPERATOR_TOKEN, jobs, log: 'log' },
  });
});
afterAll(async () => {
  await api.close();
  await jobs.close();
  users.remove();
});

let asked = 0;
/** The beginning of an answer, since a live stream has no end; each time from another address. */
const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
  const leave = new AbortController();
  const from = `198.18.${asked >> 8}.${asked++ & 255}`;
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { 'x-forwarded-for': from, ...headers },
    signal: leave.signal,
    redirect: 'manual',
  });
  const live = /event-stream|ndjson/.test(response.headers.get('content-type') ?? '');
  const text = live ? '' : await response.text();
  leave.abort();
  return { status: response.status, text, headers: response.headers };
};

/** Every route, with something that is there in place of its parameters. */
const everyRoute = (id = '1.1') =>
  api.routes
    .filter(({ method }) => ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method))
    .map(({ method, url, config }) => ({
      method,
      config: config(),
      path: url
        .replace(/:pbx\b/g, 'pbx-a')
        .replace(/:name\b/g, 'endless')
        .replace(/:[a-zA-Z]+/g, id)
        .replace('*', `channels/${id}`),
    }));

const WRONG: [string, () => Record<string, string>][] = [
  ['nothing', () => ({})],
  ['an empty header', () => ({ authorization: '' })],
  ['a scheme alone', () => ({ authorization: 'Basic' })],
  ['another scheme', () => ({ authorization: `Digest ${users.tokens.operator.token}` })],
  ['a token that is none', () => ({ authorization: `Bearer rc_${'0'.repeat(64)}` })],
  ['half a token', () => ({ authorization: `Bearer ${users.tokens.operator.token.slice(0, -1)}` })],
  ["the operator's token as a password", () => ({ authorization: basic('operator', OPERATOR_TOKEN) })],
  ['a user without a password', () => ({ authorization: basic('reader', '') })],
  ['what is no base64', () => ({ authorization: 'Basic %%%%' })],
  ['what is too long', () => ({ authorization: `Bearer ${'x'.repeat(5_000)}` })],
];

describe('with users', () => {
  test.each(WRONG)('%s: 401 on every route but health, and nothing is told', async (_, headers) => {
    for (const { method, path, config } of everyRoute()) {
      const { status, text } = await ask(method, path, headers());
      if (config.open)
        expect({ path, status }).toEqual({ path, status: method === 'GET' || method === 'HEAD' ? 200 : 405 });
      else expect({ method, path, status }).toEqual({ method, path, status: 401 });
      expect(text).not.toMatch(/alice|hidden|pbx-a/);
    }
    expect(jobs.all()).toEqual([]);
  });
  test('who may read reads everything and starts nothing', async () => {
    for (const token of [users.tokens.reader.token, users.tokens.lesser.token]) {
      const headers = { authorization: `Bearer ${token}` };
      for (const { method, path, config } of everyRoute()) {
        const { status } = await ask(method, path, headers);
        if (config.role === 'operate') expect({ method, path, status }).toEqual({ method, path, status: 403 });
        else if (method === 'GET') expect([200, 302, 400, 404, 405, 426, 501], `${path} ${status}`).toContain(status);
        else expect(status, `${method} ${path}`).not.toBe(401);
      }
    }
    expect(jobs.all()).toEqual([]);
  });
  test('who may operate is let through, as is the token of the data directory', async () => {
    for (const authorization of [`Bearer ${users.tokens.operator.token}`, `Bearer ${OPERATOR_TOKEN}`]) {
      expect((await ask('GET', '/v1/jobs', { authorization })).status).toBe(200);
      expect((await ask('GET', '/v1/image', { authorization })).status).toBe(200);
      const { status, text } = await ask('POST', '/v1/operations/endless', { authorization });
      expect(status).toBe(202);
      expect((await ask('DELETE', `/v1/jobs/${JSON.parse(text).id}`, { authorization })).status).toBe(202);
    }
  });
  test.each(['1.1', '1.2', '1.3', 'both', 'bridge-b'])(
    'who is bound to a PBX sees nothing of the others, whatever is asked (%s)',
    async (id) => {
      const headers = { authorization: `Bearer ${users.tokens.bound.token}` };
      let seen = 0;
      for (const { method, path } of everyRoute(id).filter((route) => route.method === 'GET')) {
        const asked = [path, `${path}?pbx=${HIDDEN}-pbx`, `${path}?pbx=pbx-a`, `${path}?at=7`];
        for (const one of [...asked, ...asked.map((it) => it.replace('pbx-a', `${HIDDEN}-pbx`))]) {
          const { text, headers: answered } = await ask(method, one, headers);
          // The name that was asked for may stand in the refusal.
          const told = `${text}${[...answered].join()}`.replaceAll(one.includes(HIDDEN) ? `${HIDDEN}-pbx` : '\0', '');
          expect({ one, told }).not.toMatchObject({ told: expect.stringContaining(HIDDEN) });
          if (text.includes('alice')) seen++;
        }
      }
      expect(seen).toBeGreaterThan(id === '1.1' ? 3 : 0);
    },
  );
  test('a bound user cannot tell a PBX that he may not see from one that there is not', async () => {
    const headers = { authorization: `Bearer ${users.tokens.bound.token}` };
    for (const path of ['/pbx/NAME/ari/channels', '/ari/channels?pbx=NAME', '/v1/channels?pbx=NAME']) {
      const [hidden, none] = await Promise.all(
        [`${HIDDEN}-pbx`, 'no-such-pbx'].map((name) => ask('GET', path.replace('NAME', name), headers)),
      );
      expect(hidden?.status).toBe(none?.status);
      expect(hidden?.text.replaceAll(`${HIDDEN}-pbx`, '')).toBe(none?.text.replaceAll('no-such-pbx', ''));
    }
  });
  test('Basic, Bearer and api_key are one and the same; the header comes first', async () => {
    const { status } = await ask('GET', '/ari/channels', { authorization: basic('reader', PASSWORD) });
    expect(status).toBe(200);
    expect((await ask('GET', `/ari/channels?api_key=reader:${encodeURIComponent(PASSWORD)}`)).status).toBe(200);
    for (const path of ['/v1/channels', '/v1/pbxs', '/v1/counts?by=state', '/v1/channels/pbx-a/1.1', '/v1/events']) {
      const key = `${path.includes('?') ? '&' : '?'}api_key=reader:${encodeURIComponent(PASSWORD)}`;
      expect({ path, status: (await ask('GET', `${path}${key}`)).status }).toEqual({ path, status: 200 });
    }
    const wrong = { authorization: 'Bearer rc_wrong' };
    expect((await ask('GET', `/ari/channels?api_key=reader:${encodeURIComponent(PASSWORD)}`, wrong)).status).toBe(401);
    expect((await ask('GET', '/ari/channels?api_key=reader&api_key=x:y')).status).toBe(401);
  });
  test('health answers without a login, and names nothing then', async () => {
    expect(JSON.parse((await ask('GET', '/healthz')).text)).toEqual({ status: 'ok' });
    expect(JSON.parse((await ask('GET', '/readyz')).text)).toEqual({ status: 'ready' });
    const authorization = `Bearer ${users.tokens.bound.token}`;
    const { pbxs } = JSON.parse((await ask('GET', '/readyz', { authorization })).text);
    expect(pbxs.map(({ name }: { name: string }) => name)).toEqual(['pbx-a']);
  });
  test('too many wrong ones of an address are a 429 that says when; a token is let in all the same', async () => {
    const address = '192.0.2.9';
    for (let n = 0; n < 10; n++) await users.access.token(`rc_${n}`, address).catch(() => {});
    const refused = await ask('GET', '/v1/channels', {
      authorization: basic('reader', 'wrong'),
      'x-forwarded-for': address,
    });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const right = await ask('GET', '/v1/channels', {
      authorization: `Bearer ${users.tokens.reader.token}`,
      'x-forwarded-for': address,
    });
    expect(right.status).toBe(200);
  });
  test('a revoked token ends what it opened', async () => {
    const { token, id } = users.admin.addToken('operator', {});
    const headers = { authorization: `Bearer ${token}` };
    await vi.waitFor(async () => expect((await ask('GET', '/v1/jobs', headers)).status).toBe(200));
    const { text } = await ask('POST', '/v1/operations/endless', headers);
    const stream = await fetch(`${api.url}/v1/jobs/${JSON.parse(text).id}/progress`, { headers });
    expect(stream.status).toBe(200);
    const ended = stream.text().then(
      () => 'ended',
      () => 'broken off',
    );
    users.admin.revokeToken(id);
    expect(await ended).toBe('broken off');
    expect((await ask('GET', '/v1/jobs', headers)).status).toBe(401);
  });
  test('a revoked token ends what it opened on a connection that has shown another since', async () => {
    const { token, id } = users.admin.addToken('operator', {});
    const headers = { authorization: `Bearer ${token}` };
    await vi.waitFor(async () => expect((await ask('GET', '/v1/jobs', headers)).status).toBe(200));
    const { text } = await ask('POST', '/v1/operations/endless', headers);
    const socket = connect(api.port, '127.0.0.1');
    const closed = once(socket, 'close');
    const asked = (path: string, shown: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${shown}\r\n\r\n`;
    socket.write(asked(`/v1/jobs/${JSON.parse(text).id}/progress`, token));
    await once(socket, 'data');
    socket.write(asked('/v1/channels', users.tokens.reader.token));
    users.admin.revokeToken(id);
    await closed;
  }, 10_000);
});

describe('without users', () => {
  const open = (more: Parameters<typeof serve>[0]) => serve(more);
  test('who came in without a login goes as soon as there is a user', async () => {
    const none = noUsers();
    const { access, admin } = none;
    const server = await open({ cache: cacheOf([], []), access, scheduler: systemWorld.scheduler });
    const socket = connect(server.port, '127.0.0.1');
    const closed = once(socket, 'close');
    socket.write(`GET /v1/channels HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    await once(socket, 'data');
    await admin.addUser({ name: 'first', role: 'read' });
    await closed;
    await server.close();
    none.remove();
  }, 10_000);
  test('whoever asks from this machine under its own address reads; a login that is shown is not looked at', async () => {
    const server = await open({ cache: cacheOf([], []) });
    const shown = { headers: { authorization: basic('any', 'thing') } };
    expect((await server.ask('/v1/channels', shown)).status).toBe(200);
    expect((await server.ask('/ari/channels?api_key=any:thing')).status).toBe(200);
    await server.close();
  });
  test.each([
    ['another address behind a proxy', { 'x-forwarded-for': '192.0.2.1' }],
    ['another name', { host: 'rebound.example' }],
  ])('%s is refused, unless the settings say that it is open to all', async (_, headers) => {
    const { request } = await import('node:http');
    const status = (port: number) =>
      new Promise((resolve, reject) => {
        request({ port, path: '/v1/channels', headers }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    for (const [isOpen, expected] of [
      [false, 401],
      [true, 200],
    ] as const) {
      const server = await open({ cache: cacheOf([], []), trustProxy: ['127.0.0.1'], open: isOpen });
      expect(await status(server.port)).toBe(expected);
      await server.close();
    }
  });
});

describe('browsers', () => {
  test('are told to run, frame and guess nothing; no other origin reads unless it is named', async () => {
    const { headers } = await ask('GET', '/healthz');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
  test('an origin that is named may ask, before it shows a login; others may not', async () => {
    const { access } = users;
    const server = await serve({ cache: cacheOf([], []), access, corsOrigins: ['https://wallboard.example'] });
    const allowed = async (origin: string) => {
      const { headers, status } = await server.ask('/v1/channels', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
      });
      return [status, headers.get('access-control-allow-origin')];
    };
    expect(await allowed('https://wallboard.example')).toEqual([204, 'https://wallboard.example']);
    expect((await allowed('https://other.example'))[1]).not.toBe('https://other.example');
    await server.close();
  });
});

test('one address asks so many times a minute; loopback itself is not counted', async () => {
  const limits = { connections: 100, connectionsPerAddress: 100, requestsPerMinute: 5 };
  const server = await serve({ cache: cacheOf([], []), open: true, trustProxy: ['127.0.0.1'], limits });
  const from = (address: string) => server.ask('/v1/channels', { headers: { 'x-forwarded-for': address } });
  const statuses: number[] = [];
  for (let n = 0; n < 7; n++) statuses.push((await from('192.0.2.1')).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  expect((await from('192.0.2.1')).headers.get('retry-after')).toMatch(/^\d+$/);
  expect((await from('192.0.2.2')).status).toBe(200);
  const ofOneHost: number[] = [];
  for (let n = 0; n < 7; n++) ofOneHost.push((await from(`2001:db8::${n}`)).status);
  expect(ofOneHost).toEqual(statuses);
  for (let n = 0; n < 10; n++) expect((await server.ask('/v1/channels')).status).toBe(200);
  await server.close();
});
