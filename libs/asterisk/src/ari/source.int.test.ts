import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation } from '@rollcall/channel';
import { type Scheduler, systemWorld } from '@rollcall/clock';
import { isRollcallError, type RollcallError } from '@rollcall/errors';
import { describe, expect, test, vi } from 'vitest';
import type { AriConnection } from './connect.ts';
import { type AriSourceOptions, ariSource } from './source.ts';
import {
  ALL,
  type Answer,
  APP,
  application,
  healthy,
  NO_APPLICATION,
  type Script,
  SECRET,
  scriptedAri,
  USER,
} from './testing/scripted-ari.ts';

const source = (url: string, more: Partial<AriSourceOptions> = {}) =>
  ariSource({ url, user: USER, secret: SECRET, app: APP, variables: [], world: systemWorld, ...more });

const connect = async (url: string, more: Partial<AriSourceOptions> = {}, signal = new AbortController().signal) => {
  const observed: Observation[] = [];
  const connection = await source(url, more).connect({ observe: (batch) => observed.push(...batch), signal });
  return { observed, connection };
};

const refusal = async (url: string, more: Partial<AriSourceOptions> = {}): Promise<RollcallError> => {
  const error = await connect(url, more).then(
    ({ connection }) => {
      connection.close();
      return new Error('it connected');
    },
    (thrown) => thrown,
  );
  if (!isRollcallError(error)) throw error;
  expect(error.line).not.toContain(SECRET);
  return error;
};

const scripted = (more: Partial<Script> = {}) => scriptedAri({ answers: healthy(), ...more });
const created = (id: string) => ({ type: 'ChannelCreated', application: APP, channel: { id, name: `Local/${id}` } });
const ids = (observed: Observation[]) => observed.map((one) => 'uniqueid' in one && one.uniqueid);

/** Timers that run when the test says so, by their length in milliseconds. */
const handScheduler = () => {
  const timers = new Set<{ ms: number; task: () => void }>();
  const scheduler: Scheduler = {
    after: (ms, task) => {
      const timer = { ms, task };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    sleep: () => Promise.reject(new Error('not used')),
  };
  const run = (ms: number): number => {
    const due = [...timers].filter((timer) => timer.ms === ms);
    for (const timer of due) {
      timers.delete(timer);
      timer.task();
    }
    return due.length;
  };
  return { world: { ...systemWorld, scheduler }, run };
};

describe('a connection', () => {
  test('says which Asterisk and which boot; the secret goes in a header, never in a URL', async () => {
    await using ari = await scripted();
    const { connection } = await connect(ari.url);
    expect(connection).toMatchObject({ version: '22.10.1', startup: 'ari:2026-11-22T17:36:09.920+0000', warnings: [] });
    expect(ari.requests.map(({ url }) => url)).toEqual([
      `/ari/applications/${APP}`,
      `/ari/events?app=${APP}&subscribeAll=true`,
      `/ari/applications/${APP}`,
      '/ari/asterisk/info?only=status,system',
    ]);
    const expected = `Basic ${Buffer.from(`${USER}:${SECRET}`).toString('base64')}`;
    expect(new Set(ari.requests.map(({ authorization }) => authorization))).toEqual(new Set([expected]));
    connection.close();
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
  });

  test('loses no event that comes before connect has resolved', async () => {
    let sent = false;
    const answers = healthy();
    const observed: Observation[] = [];
    answers['/asterisk/info?only=status,system'] = async () => {
      await ari.send(created('early'));
      sent = true;
      await vi.waitUntil(() => observed.length > 0);
      return { body: { system: { version: '1' }, status: { startup_time: 't' } } };
    };
    await using ari = await scripted({ answers });
    const connection = await source(ari.url).connect({
      observe: (batch) => observed.push(...batch),
      signal: new AbortController().signal,
    });
    expect([sent, ids(observed)]).toEqual([true, ['early']]);
    connection.close();
  });

  test('skips and counts what cannot be read, and the rest goes on', async () => {
    await using ari = await scripted();
    const { observed, connection } = await connect(ari.url);
    const socket = await ari.socket();
    socket.send('{"type":');
    socket.send('{"type":"ChannelDestroyed"}');
    socket.send(Buffer.from(JSON.stringify(created('latin1')).replace('Local/', 'Z\xeb/'), 'latin1'), {
      binary: false,
    });
    socket.send(JSON.stringify({ type: 'DeviceStateChanged' }));
    await ari.send(created('after'));
    await vi.waitUntil(() => ids(observed).includes('after'));
    expect(ids(observed)).toEqual(['latin1', 'after']);
    expect((connection as AriConnection).counters).toMatchObject({ events: 3, malformed: 2 });
    connection.close();
  });

  test('warns when somebody has put a filter on the application', async () => {
    const filtered = { ...ALL, events_disallowed: [{ type: 'ChannelDestroyed' }] };
    await using ari = await scripted({ answers: { ...healthy(), [`/applications/${APP}`]: { body: filtered } } });
    const { connection } = await connect(ari.url);
    expect(connection.warnings).toEqual([expect.stringContaining('event filter')]);
    connection.close();
  });

  test('its list comes among the observations; an entry that cannot be read leaves it incomplete', async () => {
    const answers = healthy();
    const channels: unknown[] = [{ id: '1', name: 'Local/1', state: 'Up' }, { id: '2' }];
    answers['/channels'] = () => ({ body: channels });
    await using ari = await scripted({ answers });
    const { observed, connection } = await connect(ari.url);
    await connection.list();
    channels.push({ name: 'no id' });
    await connection.list();
    const listed = [
      { uniqueid: '1', facts: { name: 'Local/1', state: 6 } },
      { uniqueid: '2', facts: {} },
    ];
    expect(observed).toEqual([
      { kind: 'list', source: 'ari', list: { authority: 'cache', complete: true, channels: listed } },
      { kind: 'list', source: 'ari', list: { authority: 'cache', complete: false, channels: listed } },
    ]);
    connection.close();
  });

  test("a second look gives the channel, or nothing when Asterisk says so; another 404 is not Asterisk's word", async () => {
    const answers = healthy();
    answers['/channels/a%2Fb%20%3F'] = { body: { id: 'a/b ?', name: 'Local/x' } };
    answers['/channels/gone'] = { status: 404, body: { message: 'Channel not found' } };
    answers['/channels/proxy'] = { status: 404, body: '<h1>Not Found</h1>' };
    await using ari = await scripted({ answers });
    const { connection } = await connect(ari.url);
    expect(await connection.look('a/b ?')).toEqual({ uniqueid: 'a/b ?', facts: { name: 'Local/x' } });
    expect(await connection.look('gone')).toBeUndefined();
    await expect(connection.look('proxy')).rejects.toMatchObject({ code: 'PBX_NOT_ASTERISK' });
    await expect(connection.look('other')).rejects.toMatchObject({ code: 'PBX_NOT_ASTERISK' });
    connection.close();
  });
});

describe('a connection ends', () => {
  test('when another program takes the application, with the name that it took, and nothing is heard after it', async () => {
    await using ari = await scripted();
    const { observed, connection } = await connect(ari.url);
    await ari.send({ type: 'ApplicationReplaced', application: APP });
    await ari.send(created('late'));
    const reason = await connection.closed;
    expect(reason).toMatchObject({ code: 'ARI_APP_NOT_SUBSCRIBED', message: expect.stringContaining(APP) });
    await vi.waitUntil(async () => (await ari.socket()).readyState === 3);
    expect(observed).toEqual([]);
  });

  test.each<[string, (ari: Awaited<ReturnType<typeof scripted>>) => Promise<void>, RegExp]>([
    ['without a word', async (ari) => (await ari.socket()).terminate(), /broke off/],
    ['with a code', async (ari) => (await ari.socket()).close(1001, 'restart'), /1001, restart/],
    [
      'after a message beyond the limit',
      async (ari) => (await ari.socket()).send('x'.repeat(1024 * 1024 + 1)),
      /payload/,
    ],
  ])('%s: the reason says how, and a request under way fails with it', async (_how, act, why) => {
    const asked = Promise.withResolvers<void>();
    const answers = healthy();
    answers['/channels/1'] = () => {
      asked.resolve();
      return new Promise<Answer>(() => {});
    };
    await using ari = await scripted({ answers });
    const { connection } = await connect(ari.url);
    const look = connection.look('1').catch((error) => error);
    await asked.promise;
    await act(ari);
    const reason = await connection.closed;
    expect(reason).toMatchObject({ code: 'PBX_CONNECTION_LOST', message: expect.stringMatching(why) });
    expect(await look).toBe(reason);
    await expect(connection.list()).rejects.toBe(reason);
  });

  test('when a ping goes unanswered, and not before', async () => {
    const { world, run } = handScheduler();
    await using ari = await scripted({ noPong: true });
    const { observed, connection } = await connect(ari.url, { world, deadlines: { pingEvery: 15, ping: 11 } });
    const socket = await ari.socket();
    for (const alive of ['1', '2', '3']) {
      const pinged = once(socket, 'ping');
      expect(run(15)).toBe(1);
      await pinged;
      await ari.send(created(alive));
      await vi.waitUntil(() => ids(observed).includes(alive));
      expect(run(11)).toBe(1);
    }
    run(15);
    run(11);
    expect(await connection.closed).toMatchObject({ message: expect.stringContaining('did not answer a ping') });
  });

  test('when its signal aborts, before or after it was made', async () => {
    await using ari = await scripted();
    const late = new AbortController();
    const { connection } = await connect(ari.url, {}, late.signal);
    late.abort();
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
    await expect(connect(ari.url, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'PBX_CONNECTION_LOST' });

    const early = new AbortController();
    const asked = Promise.withResolvers<void>();
    const answers = healthy();
    answers['/asterisk/info?only=status,system'] = () => {
      asked.resolve();
      return new Promise<Answer>(() => {});
    };
    await using hanging = await scripted({ answers });
    const connecting = connect(hanging.url, {}, early.signal).catch((error) => error);
    await asked.promise;
    early.abort();
    expect(await connecting).toMatchObject({ code: 'PBX_CONNECTION_LOST' });
    await vi.waitUntil(async () => (await hanging.socket()).readyState === 3);
  });
});

describe('what is wrong is said', () => {
  const first = (answer: Answer) => ({ ...healthy(), [`/applications/${APP}`]: answer });
  const booting: Answer = { status: 503, body: { message: 'Asterisk not booted' } };

  test.each<[string, Script['answers'], string, RegExp]>([
    [
      'a wrong secret',
      first({ status: 401, body: { message: 'Authentication required' } }),
      'PBX_LOGIN_REFUSED',
      /rollcall/,
    ],
    ['an Asterisk that boots', first(booting), 'PBX_UNREACHABLE', /not booted yet/],
    ['a web server of another kind', first({ status: 404, body: '<h1>Not Found</h1>' }), 'PBX_NOT_ASTERISK', /no ARI/],
    ['a page instead of an answer', first({ body: '<h1>Welcome</h1>' }), 'PBX_NOT_ASTERISK', /form/],
    ['another JSON service', first({ body: { hello: 1 } }), 'PBX_NOT_ASTERISK', /form/],
    ['an answer without end', first({ body: 'x'.repeat(1024 * 1024 + 1) }), 'PBX_NOT_ASTERISK', /more than/],
    [
      'an application of another program',
      first({ body: application() }),
      'ARI_APP_NOT_SUBSCRIBED',
      /another program's/,
    ],
    [
      'no startup time',
      { ...healthy(), '/asterisk/info?only=status,system': { body: { system: { version: '1' } } } },
      'PBX_NOT_ASTERISK',
      /form/,
    ],
  ])('%s', async (_what, answers, code, message) => {
    await using ari = await scripted({ answers });
    expect(await refusal(ari.url)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('an Asterisk whose ARI is not loaded, yet or ever', async () => {
    const server = 'Asterisk/22.10.1';
    await using ari = await scripted({ answers: first({ status: 404, body: '<h1>Not Found</h1>', server }) });
    const error = await refusal(ari.url);
    expect(error).toMatchObject({ code: 'PBX_UNREACHABLE', message: expect.stringContaining('ari.conf') });
  });

  test('an application of another program is left to it: no socket is opened', async () => {
    await using ari = await scripted({ answers: first({ body: application('1795360466.120') }) });
    await refusal(ari.url);
    expect(ari.requests.map(({ url }) => url)).toEqual([`/ari/applications/${APP}`]);
  });

  test('subscribeAll that Asterisk ignored', async () => {
    let asked = 0;
    const answers = {
      ...healthy(),
      [`/applications/${APP}`]: () => (asked++ ? { body: application() } : NO_APPLICATION),
    };
    await using ari = await scripted({ answers });
    const error = await refusal(ari.url);
    expect(error.code).toBe('ARI_APP_NOT_SUBSCRIBED');
    expect(error.advice).toContain('another ARI application name');
  });

  test('an event socket that is refused', async () => {
    await using ari = await scripted({ refuseSocket: true });
    expect(await refusal(ari.url)).toMatchObject({ code: 'PBX_LOGIN_REFUSED' });
  });

  test.each(['', 'a,b', 'a b', '../x'])('"%s" as the name of an application', async (app) => {
    await using ari = await scripted();
    expect(await refusal(ari.url, { app })).toMatchObject({ code: 'ARI_APP_NOT_SUBSCRIBED' });
    expect(ari.requests).toEqual([]);
  });

  test('no answer in time, and which', async () => {
    const { world, run } = handScheduler();
    const asked = Promise.withResolvers<void>();
    const answers = healthy();
    answers['/asterisk/info?only=status,system'] = () => {
      asked.resolve();
      return new Promise<Answer>(() => {});
    };
    await using ari = await scripted({ answers });
    const error = refusal(ari.url, { world, deadlines: { request: 77 } });
    await asked.promise;
    expect(run(77)).toBe(1);
    expect(await error).toMatchObject({ code: 'PBX_NO_ANSWER', message: expect.stringContaining('/asterisk/info') });
  });

  const listening = async (say: string | undefined) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => (say === undefined ? socket.destroy() : socket.end(say)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { port, [Symbol.asyncDispose]: async () => void server.close() };
  };

  test('nothing listens there', async () => {
    const { port, [Symbol.asyncDispose]: close } = await listening('');
    await close();
    expect(await refusal(`http://127.0.0.1:${port}`)).toMatchObject({
      code: 'PBX_UNREACHABLE',
      message: expect.stringMatching(/refused/),
    });
  });

  test.each([
    ["the port is AMI's", 'http', 'Asterisk Call Manager/11.0.0\r\n', 'PBX_NOT_ASTERISK', /not HTTP/],
    ['it hangs up', 'http', undefined, 'PBX_UNREACHABLE', /https\?/],
    ['the port speaks no TLS', 'https', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'PBX_TLS', /does not speak TLS/],
  ])('%s', async (_what, scheme, say, code, message) => {
    await using server = await listening(say);
    const error = await refusal(`${scheme}://127.0.0.1:${server.port}`);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a certificate of an unknown authority, until the authority is given', async () => {
    const tls = selfSigned();
    await using ari = await scripted({ tls });
    const error = await refusal(ari.url);
    expect(error).toMatchObject({ code: 'PBX_TLS', message: expect.stringContaining('self-signed') });
    expect(error.advice).toContain('(ca)');
    const { connection, observed } = await connect(ari.url, { tls: { ca: tls.cert } });
    await ari.send(created('1'));
    await vi.waitUntil(() => observed.length > 0);
    connection.close();
  });
});

const selfSigned = (): { key: string; cert: string } => {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const what = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes'];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  try {
    execFileSync('openssl', [...how, ...what, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
};
