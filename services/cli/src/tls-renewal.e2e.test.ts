import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, get, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Certificate, certificate } from './testing/certificates.ts';

const BIN = fileURLToPath(new URL('../bin/rollcall.js', import.meta.url));
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const WAIT = { timeout: 30_000, interval: 100 };

const [first, second, third] = [certificate(), certificate(), certificate()];
const ca = [first, second, third].map(({ cert }) => cert);
const open: { destroy: () => void }[] = [];
let dir: string;
let server: ChildProcess;
let said = '';
let port: number;
let amiPort: number;

/** As certbot does: what is live is a link to what is kept, and set to another. */
const install = (name: string, { cert, key }: Pick<Certificate, 'cert' | 'key'>): void => {
  mkdirSync(join(dir, 'archive', name), { recursive: true });
  for (const [file, text] of Object.entries({ 'fullchain.pem': cert, 'privkey.pem': key })) {
    writeFileSync(join(dir, 'archive', name, file), text, { mode: 0o600 });
    symlinkSync(join('..', 'archive', name, file), join(dir, 'live', `${file}.new`));
    renameSync(join(dir, 'live', `${file}.new`), join(dir, 'live', file));
  }
};

/** A client that stays, on its own connection. */
const amiClient = async () => {
  const socket = connect({ host: '127.0.0.1', port: amiPort, ca });
  open.push(socket);
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => {
    text += data;
  });
  const ask = async (action: string, what: string): Promise<void> => {
    text = '';
    socket.write(`${action}\r\n\r\n`);
    await vi.waitFor(() => expect(text).toContain(what), WAIT);
  };
  await ask('Action: Login\r\nUsername: u\r\nSecret: s', 'Authentication accepted');
  return { shown: shownBy(socket), ping: () => ask('Action: Ping', 'Pong') };
};

const httpClient = async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  open.push(agent);
  const ask = (): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = { host: '127.0.0.1', port, path: '/ari/channels', agent };
      get(options, (response) => {
        expect(response.statusCode).toBe(200);
        const socket = response.socket as TLSSocket;
        response.resume().on('end', () => resolve(socket));
      }).on('error', reject);
    });
  const socket = await ask();
  return { shown: shownBy(socket), again: async () => (await ask()) === socket };
};

const webSocket = async () => {
  const path = `/ari/events?app=a${open.length}&subscribeAll=true`;
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': KEY,
  };
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, ca, agent: false })
      .on('error', reject)
      .on('upgrade', (_, upgraded) => resolve(upgraded as TLSSocket));
  });
  open.push(socket);
  let heard = '';
  socket
    .on('error', () => {})
    .on('data', (frame) => {
      heard += frame;
    });
  const hears = async (): Promise<void> => {
    heard = '';
    // The demo's calls go on.
    await vi.waitFor(() => expect(heard).toContain('"type":"Channel'), WAIT);
  };
  return { shown: shownBy(socket), hears };
};

const shownBy = (socket: TLSSocket): string => socket.getPeerCertificate().fingerprint256;

/** What a client that comes now is shown, by each face. */
const shownNow = async () => {
  const clients = [await httpClient(), await webSocket(), await amiClient()];
  return clients.map(({ shown }) => shown);
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-renewal-'));
  mkdirSync(join(dir, 'live'));
  install('1', first);
  const files = ['--tls-cert', join(dir, 'live', 'fullchain.pem'), '--tls-key', join(dir, 'live', 'privkey.pem')];
  server = spawn(process.execPath, [BIN, 'start', '--http', '127.0.0.1:0', '--ami', '127.0.0.1:0', ...files], {
    env: { PATH: process.env.PATH, ROLLCALL_DATA: join(dir, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout, server.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const told = (what: RegExp): Promise<number> =>
    vi.waitFor(() => {
      const [, found] = what.exec(said) ?? [];
      if (found === undefined) throw new Error(said);
      return Number(found);
    }, WAIT);
  port = await told(/https:\/\/127\.0\.0\.1:(\d+)\/ari/);
  amiPort = await told(/AMI {3}127\.0\.0\.1:(\d+)/);
});
afterAll(async () => {
  for (const one of open) one.destroy();
  const ended = new Promise((resolve) => server.once('close', resolve));
  server.kill();
  await ended;
  rmSync(dir, { recursive: true, force: true });
});

test('a certificate that is renewed is shown to who connects from then on, by every face; who was there stays', async () => {
  const [http, socket, ami] = [await httpClient(), await webSocket(), await amiClient()];
  expect([http.shown, socket.shown, ami.shown]).toEqual(Array(3).fill(first.fingerprint));
  const allGoOn = async (): Promise<void> => {
    expect(await http.again()).toBe(true);
    await ami.ping();
    await socket.hears();
  };
  await allGoOn();

  install('2', second);
  server.kill('SIGHUP');
  await vi.waitFor(async () => expect(await shownNow()).toEqual(Array(3).fill(second.fingerprint)), WAIT);
  await allGoOn();

  install('3', { cert: third.cert, key: second.key });
  server.kill('SIGHUP');
  await vi.waitFor(() => expect(said).toContain('The certificate stays as it was. TLS_FILES_WRONG'), WAIT);
  server.kill('SIGHUP');
  expect(await shownNow()).toEqual(Array(3).fill(second.fingerprint));
  await allGoOn();

  // Nobody says so this time.
  install('4', third);
  await vi.waitFor(async () => expect(await shownNow()).toEqual(Array(3).fill(third.fingerprint)), WAIT);
  await allGoOn();

  expect(said.match(/stays as it was/g)).toHaveLength(1);
  expect(said.match(/is renewed, and good until/g)).toHaveLength(2);
  expect(said).not.toMatch(/PRIVATE|BEGIN/);
});
