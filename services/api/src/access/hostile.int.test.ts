import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { cacheOf, channelOf, pbxNamed, serve } from '../testing/served.ts';
import { someUsers } from '../testing/users.ts';

/** As the defaults, a hundred times as fast. */
const TIMEOUTS = { headers: 300, request: 600, idle: 900, keepAlive: 300, look: 100 };

let users: Awaited<ReturnType<typeof someUsers>>;
let api: Awaited<ReturnType<typeof serve>>;
let server: import('fastify').FastifyInstance;
let authorization: string;

beforeAll(async () => {
  users = await someUsers();
  authorization = `Authorization: Bearer ${users.tokens.reader.token}`;
  const cache = cacheOf([pbxNamed('pbx-a')], [channelOf('pbx-a', '1.1', { name: 'PJSIP/alice-1' })]);
  const operating = { token: 'x'.repeat(64), log: 'log', jobs: noJobs };
  api = await serve({ cache, access: users.access, timeouts: TIMEOUTS, operating });
  server = api.server;
});
afterAll(async () => {
  await api.close();
  users.remove();
});
beforeEach(() => alive());

const alive = async (): Promise<void> => {
  expect((await api.ask('/healthz')).status).toBe(200);
};

const open = (): Promise<{ socket: Socket; received: () => string; ended: Promise<string> }> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ port: api.port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    const ended = new Promise<string>((end) => socket.once('close', () => end(text)).once('end', () => end(text)));
    socket.on('error', reject).once('connect', () => {
      socket.removeListener('error', reject).on('error', () => {});
      resolve({ socket, received: () => text, ended });
    });
  });

const connections = () => new Promise<number>((resolve) => server.server.getConnections((_, count) => resolve(count)));

/** What one request is answered, the connection being closed behind it. */
const send = async (text: string): Promise<string> => {
  const { socket, ended } = await open();
  socket.write(text, 'latin1');
  const answer = await ended;
  socket.destroy();
  return answer;
};

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);

describe('connections that hold on', () => {
  test('one on which nothing comes ends', async () => {
    const { ended } = await open();
    expect(statusOf(await ended)).toBe(408);
  });
  test.each([
    ['nothing', ''],
    ['half a greeting of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('over TLS, one on which %s comes ends as soon', async (_, text) => {
    const secured = await serve({ cache: cacheOf([], []), timeouts: TIMEOUTS, tls: { cert: '', key: '' } });
    const socket = createConnection({ port: secured.port, host: '127.0.0.1' }).on('error', () => {});
    socket.write(text, 'latin1');
    await new Promise((resolve) => socket.resume().once('close', resolve));
    await secured.close();
  });
  test('one whose headers drip in ends while they drip', async () => {
    const { socket, ended } = await open();
    socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    const drip = setInterval(() => socket.write('X-Drip: 1\r\n'), 50);
    expect(statusOf(await ended)).toBe(408);
    clearInterval(drip);
  });
  test('one whose body drips in ends while it drips', async () => {
    const { socket, ended } = await open();
    const operator = `Authorization: Bearer ${users.tokens.operator.token}`;
    const head = `Host: 127.0.0.1\r\n${operator}\r\nContent-Type: application/json\r\nContent-Length: 50000`;
    // A route that waits for its body: nothing is refused before it is in.
    socket.write(`POST /v1/operations/fold HTTP/1.1\r\n${head}\r\n\r\n`);
    const drip = setInterval(() => socket.write('x'), 50);
    expect(statusOf(await ended)).toBe(408);
    clearInterval(drip);
  });
  test('one that is half open ends: the client said all, and waits for ever', async () => {
    const { socket, ended } = await open();
    socket.end('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    expect(statusOf(await ended)).toBe(200);
  });
  test.each(['/v1/events/ws', '/v1/events'])(
    'one that asks %s for another protocol, gets an answer in this one, and stays, ends',
    async (path) => {
      await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 5_000 });
      const login = path.endsWith('ws') ? '' : `${authorization}\r\n`;
      const { socket, received } = await open();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${login}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      await vi.waitFor(() => expect(received()).toContain('HTTP/1.1 '), { timeout: 5_000 });
      await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 5_000 });
      socket.destroy();
    },
  );
  test('one that asked for another protocol and got a feed does not keep the server from ending', async () => {
    const ending = await serve({ cache: cacheOf([], []) });
    const socket = createConnection({ port: ending.port, host: '127.0.0.1' }).on('error', () => {});
    socket.write('GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await ending.close();
  });
  test('five hundred of them leave room for others, and none is left', async () => {
    const held = await Promise.all(Array.from({ length: 500 }, open));
    for (const { socket } of held) socket.write('GET /ari/channels HTTP/1.1\r\nX: ');
    await alive();
    await Promise.all(held.map(({ ended }) => ended));
    for (const { socket } of held) socket.destroy();
    await vi.waitFor(async () => expect(await connections()).toBeLessThan(5), { timeout: 5_000 });
  });
  test('as it is served, headers have ten seconds and a whole request thirty', async () => {
    const served = await serve({ cache: cacheOf([], []) });
    const { headersTimeout, requestTimeout, timeout } = served.server.server;
    await served.close();
    expect({ headersTimeout, requestTimeout, timeout }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      timeout: 120_000,
    });
  });
});

describe('too much', () => {
  test.each([
    ['one giant header', () => `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Giant: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a giant name of a header', () => `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n${'x'.repeat(20_000)}: 1\r\n\r\n`],
    ['a giant url', () => `GET /ari/channels/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
    [
      'very many headers',
      () => `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n${'X-Many: 1234567890\r\n'.repeat(1_000)}\r\n`,
    ],
  ])('%s is a 431', async (_, text) => {
    expect(statusOf(await send(text()))).toBe(431);
  });
  test.each([
    ['/v1/operations/fold', 413],
    ['/ari/channels', 403],
  ])('a body that says it is giant, for %s, is not waited for', async (path, expected) => {
    const operator = `Authorization: Bearer ${users.tokens.operator.token}`;
    const jobs = await serve({
      cache: cacheOf([], []),
      access: users.access,
      operating: { token: 'x'.repeat(64), log: 'log', jobs: noJobs },
    });
    const response = await fetch(`${jobs.url}${path}`, {
      method: 'POST',
      headers: { authorization: operator.slice(15), 'content-type': 'application/json' },
      body: 'x'.repeat(1_000_000),
    });
    expect(response.status).toBe(expected);
    await jobs.close();
  });
});

const noJobs = {
  operations: [],
  start: () => {
    throw new Error('not reached');
  },
  all: () => [],
  get: () => {
    throw new Error('not reached');
  },
  stop: () => {
    throw new Error('not reached');
  },
  watch: () => () => {},
  close: async () => {},
};

describe('paths', () => {
  const TRICKS = [
    '//',
    '//ari/channels',
    '/ari//channels',
    '/ari/channels//',
    '/ari/../v1/channels',
    '/ari/%2e%2e/v1/channels',
    '/ari/..%2fv1/channels',
    '/ari/channels/%00',
    '/ari/channels/1.1%00.json',
    '/%00',
    '/%',
    '/ari/channels/%zz',
    '/ari/channels/%c0%af',
    '/ari/channels/%ff',
    '/ari/channels/%252e%252e',
    '/ari\\channels',
    '/ari/channels/\\..\\..',
    '/ari/channels;jsessionid=1',
    '/ari/channels/__proto__',
    '/ari/channels/constructor',
    '/ari/channels?__proto__[x]=1&pbx[]=a',
    '/ari/channels?%',
    '/ari/channels?pbx=%ff%fe',
    '/pbx/%2e%2e/ari/channels',
    '/pbx/__proto__/ari/channels',
    '/pbx//ari/channels',
    '/ari/api-docs/../../../package.json',
    '/ari/api-docs/%2e%2e/%2e%2e/package.json',
    '/ari/api-docs/..%5c..%5cusers.json',
    '/ari/api-docs/constructor',
    '/v1/../operator.token',
    '/users.json',
    '/HEALTHZ',
    `/ari/channels/${'%e2%82%ac'.repeat(1_500)}`,
    `/${'a/'.repeat(5_000)}`,
    `/ari/channels?${'pbx=a&'.repeat(2_000)}`,
    '*',
    'http://other.example/ari/channels',
    'http://other.example',
    '/ari/channels#x',
  ];
  test.each(TRICKS.map((path) => [path.slice(0, 60), path]))(
    '%s is never a 5xx, and tells nothing without a login',
    async (_, path) => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
        for (const login of ['', `${authorization}\r\n`]) {
          const answer = await send(
            `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${login}Connection: close\r\n\r\n`,
          );
          const status = statusOf(answer);
          expect(status, `${method} ${path.slice(0, 80)}: ${answer.slice(0, 300)}`).toBeGreaterThanOrEqual(200);
          expect(status, `${method} ${path.slice(0, 80)}: ${answer.slice(0, 300)}`).toBeLessThan(500);
          expect(answer).not.toMatch(/dependencies|node:internal|at .*\.ts:\d|scrypt/);
          if (login === '' && !/^\/healthz$/i.test(path)) expect(answer).not.toMatch(/alice|HTTP\/1\.1 200/);
        }
      }
    },
  );
});

describe('requests that are none', () => {
  test.each([
    ['two lengths', 'POST /ari/channels HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length below zero', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n'],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['a folded header', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n'],
    ['a bare line end in a header', 'GET /healthz HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n'],
    ['a method that is none', 'G@T / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a login of AMI', 'Action: Login\r\nUsername: reader\r\n\r\n'],
    ['zeros', '\0'.repeat(100)],
  ])('%s is a 400', async (_, text) => {
    expect(statusOf(await send(text))).toBe(400);
  });
  test('a chunk that is none is a 400 to who is logged in, and to nobody else more than that', async () => {
    const text = `POST /v1/operations/verify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n`;
    expect(statusOf(await send(`${text}${authorization}\r\n\r\nzz\r\n`))).toBe(400);
    expect(statusOf(await send(`${text}\r\nzz\r\n`))).toBe(401);
  });
  test.each(['PROPFIND', 'TRACE', 'CONNECT', 'PURGE', 'SEARCH', 'QUERY', 'M-SEARCH'])(
    '%s is refused, and tells nothing',
    async (method) => {
      const answer = await send(`${method} /ari/channels HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      expect(answer).not.toMatch(/alice|HTTP\/1\.1 (200|5)/);
    },
  );
  test('two requests in one go are answered each for itself, the one without a login too', async () => {
    const answer = await send(
      `GET /ari/channels HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}\r\n\r\n` +
        'GET /ari/channels HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401']);
  });
  test('a websocket asked for behind a request that is still being answered ends that connection alone', async () => {
    const upgrade =
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n';
    const { socket, ended } = await open();
    const both = ['/ari/channels', '/ari/events?app=x'].map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`);
    socket.write(`${both[0]}${authorization}\r\n\r\n${both[1]}${authorization}\r\n${upgrade}\r\n`);
    await ended;
    socket.destroy();
    await alive();
  });
});
