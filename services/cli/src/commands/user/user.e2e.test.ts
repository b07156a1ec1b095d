import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const BIN = fileURLToPath(new URL('../../../bin/rollcall.js', import.meta.url));
const PASSWORD = 'correct horse battery';
const SECRET = 'ami-secret-of-panel';

let dir: string;
let server: ChildProcess;
let said = '';
let url: string;

const file = (name: string): string => join(dir, name);
const data = (): string => file('data');

/** As a shell runs it, `input` piped in. */
const rollcall = (args: string[], input = '', env: Record<string, string> = {}) =>
  new Promise<{ out: string; err: string; status: number | null }>((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { PATH: process.env.PATH, ROLLCALL_DATA: data(), ...env },
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('close', (status) => resolve({ out, err, status }));
    child.stdin.end(input);
  });

const there = (...more: string[]): string[] => [
  'channels',
  '--count',
  '--url',
  url,
  '--ca-file',
  file('ca.pem'),
  ...more,
];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-user-'));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '30'];
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', [...kind, ...subject, '-keyout', file('key.pem'), '-out', file('ca.pem')], {
    stdio: 'ignore',
  });
  const args = [
    'start',
    '--http',
    '127.0.0.1:0',
    '--ami',
    '127.0.0.1:0',
    '--tls-cert',
    file('ca.pem'),
    '--tls-key',
    file('key.pem'),
  ];
  server = spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env.PATH, ROLLCALL_DATA: data() } });
  server.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  url = await vi.waitFor(
    () => {
      const [, found] = /(https:\/\/127\.0\.0\.1:\d+)\/ari/.exec(said) ?? [];
      if (found === undefined) throw new Error(said);
      return found;
    },
    { timeout: 20_000 },
  );
});
afterAll(async () => {
  const ended = new Promise((resolve) => server.once('close', resolve));
  server.kill();
  await ended;
  rmSync(dir, { recursive: true, force: true });
});

describe('users of a Rollcall that runs, over TLS', () => {
  test('without users whoever is here reads, and trusts the certificate only where its authority is given', async () => {
    expect(await rollcall(there())).toMatchObject({ status: 0 });
    expect(await rollcall(['channels', '--url', url])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^SERVER_TLS: .*--ca-file/),
    });
  });
  test('a user who is added is asked for from then on, by name and password, or by token', async () => {
    const added = await rollcall(['user', 'add', 'alice', '--json'], `${PASSWORD}\n`);
    expect(added).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(added.out)).toMatchObject({ user: { name: 'alice', role: 'read', password: true, ami: false } });
    expect(statSync(join(data(), 'users.json')).mode & 0o777).toBe(0o600);

    await vi.waitFor(
      async () => {
        const { status, err } = await rollcall(there());
        expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining('NOT_LOGGED_IN') });
      },
      { timeout: 20_000 },
    );
    const made = await rollcall(['user', 'token', 'add', 'alice', '--expires', '1d', '--note', 'for a test']);
    expect(made.out).toMatch(/^rc_[0-9a-f]{64}\n$/);
    writeFileSync(file('alice.token'), made.out, { mode: 0o600 });
    const login = `https://alice:${encodeURIComponent(PASSWORD)}@`;
    await vi.waitFor(
      async () => {
        expect(await rollcall(there('--token-file', file('alice.token')))).toMatchObject({ status: 0 });
      },
      { timeout: 20_000 },
    );
    expect(await rollcall(there(), '', { ROLLCALL_TOKEN: made.out.trim() })).toMatchObject({ status: 0 });
    expect(
      await rollcall(['channels', '--ca-file', file('ca.pem'), '--url', url.replace('https://', login)]),
    ).toMatchObject({
      status: 0,
    });
    const listed = await rollcall(['user', 'token', 'list', '--json']);
    expect(JSON.parse(listed.out)).toMatchObject({ tokens: [{ user: 'alice', note: 'for a test' }] });
    expect(listed.out).not.toContain(made.out.trim().slice(3));
  });
  test('who may read may not operate; the commands of this machine go on, beside TLS', async () => {
    const replay = ['replay', '--url', url, '--ca-file', file('ca.pem'), '--token-file', file('alice.token')];
    expect(await rollcall(replay)).toMatchObject({ status: 2, err: expect.stringContaining('ROLE_MISSING') });
    expect(await rollcall(['replay'])).toMatchObject({ status: 0 });
  });
  test('an AMI login takes its own secret, over TLS too', async () => {
    const added = await rollcall(['user', 'add', 'panel', '--no-password', '--ami-secret'], `${SECRET}\n`);
    expect(added).toMatchObject({ status: 0, out: expect.stringContaining('logs in with AMI secret') });
    const [, port] = /AMI {3}127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    await vi.waitFor(
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connectTls({ host: '127.0.0.1', port: Number(port), ca: readFileSync(file('ca.pem')) });
          socket.setEncoding('utf8').on('data', (text: string) => {
            if (text.includes('Response: Success')) resolve();
            else if (text.includes('Response: Error')) reject(new Error(text));
            if (/Response:/.test(text)) socket.destroy();
          });
          socket.on('error', reject);
          socket.write(`Action: Login\r\nUsername: panel\r\nSecret: ${SECRET}\r\n\r\n`);
        }),
      { timeout: 10_000, interval: 300 },
    );
  });
  test('who is revoked is out', async () => {
    expect(await rollcall(['user', 'revoke', 'alice'])).toMatchObject({ status: 0 });
    await vi.waitFor(
      async () => {
        const { status, err } = await rollcall(there('--token-file', file('alice.token')));
        expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining('NOT_LOGGED_IN') });
      },
      { timeout: 20_000 },
    );
  });
  test('plain HTTP is answered with nothing', async () => {
    const { port } = new URL(url);
    const answer = await new Promise((resolve) => {
      let text = '';
      const socket = connect({ port: Number(port), host: '127.0.0.1' });
      socket
        .on('data', (chunk) => (text += chunk))
        .on('error', () => {})
        .on('close', () => resolve(text));
      socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    });
    expect(answer).toBe('');
  });
  test('no secret was logged', () => {
    for (const secret of [PASSWORD, SECRET, readFileSync(file('alice.token'), 'utf8').trim()]) {
      expect(said).not.toContain(secret);
    }
  });
});

describe('what is asked wrongly', () => {
  test.each<[string, string[], string, string]>([
    ['a password that is too short', ['user', 'add', 'bob'], 'short\n', 'PASSWORD_WRONG'],
    ['no password', ['user', 'add', 'bob'], '', 'SECRET_MISSING'],
    ['a name that is none', ['user', 'add', 'a b'], `${PASSWORD}\n`, 'USER_WRONG'],
    ['somebody who is not there', ['user', 'revoke', 'nobody'], '', 'USER_UNKNOWN'],
    ['a password for somebody who is not there', ['user', 'passwd', 'nobody'], '', 'USER_UNKNOWN'],
    ['a token that is not there', ['user', 'token', 'revoke', '00000000'], '', 'TOKEN_UNKNOWN'],
    ['a token that is over at once', ['user', 'token', 'add', 'panel', '--expires', '0s'], '', 'USAGE'],
    ['a duration that is none', ['user', 'token', 'add', 'panel', '--expires', 'soon'], '', 'USAGE'],
    ['a role that there is not', ['user', 'add', 'bob', '--role', 'root'], '', 'role'],
    ['a password as an argument', ['user', 'add', 'bob', PASSWORD], '', 'argument'],
    ['a token without a server', ['channels', '--token-file', 'x'], '', 'URL_NEEDED'],
  ])('%s', async (_, args, input, code) => {
    const { status, out, err } = await rollcall(args, input);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(code);
  });
});

test('whoever takes the last user out is told that nobody has a login now', async () => {
  const env = { ROLLCALL_DATA: file('few') };
  const none = 'There are no users in ';
  const left = 'There are no users left in ';
  expect((await rollcall(['user', 'list'], '', env)).err).toContain(none);
  for (const name of ['one', 'two']) await rollcall(['user', 'add', name, '--no-password'], '', env);
  expect((await rollcall(['user', 'revoke', 'one'], '', env)).err).toBe('');
  expect(await rollcall(['user', 'revoke', 'two'], '', env)).toMatchObject({
    status: 0,
    err: expect.stringContaining(left),
  });
  expect((await rollcall(['user', 'list'], '', env)).err).toContain(left);
  rmSync(join(file('few'), 'users.json'));
  expect((await rollcall(['user', 'list'], '', env)).err).toContain(none);
}, 30_000);
