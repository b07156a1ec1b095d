import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { connect, created, handScheduler, refusal, scripted } from './testing/connecting.ts';
import { ALL, type Answer, APP, application, healthy, NO_APPLICATION, type Script } from './testing/scripted-ari.ts';

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
    expect(ari.requests.map(({ url }) => url)).toEqual(Array(2).fill(`/ari/applications/${APP}`));
  });

  test("an application that is just taken down, as Rollcall leaves it when it is restarted, is nobody else's", async () => {
    const looks: Answer[] = [{ body: application() }, NO_APPLICATION, { body: ALL }];
    const answers = { ...healthy(), [`/applications/${APP}`]: () => looks.shift() ?? NO_APPLICATION };
    await using ari = await scripted({ answers });
    const { connection } = await connect(ari.url);
    connection.close();
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
    expect(error.advice).toContain('(caFile)');
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
