import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { position, revision, shapeChannel } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterEach, describe, expect, test } from 'vitest';
import { runCommand } from '../testing/run-command.ts';
import { fetchView } from './remote-view.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const serve = (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> =>
  new Promise((resolve) => {
    const started = createServer(answer).listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(started.address() as AddressInfo).port}`),
    );
    server = started;
  });
const json = (status: number, body: unknown) => (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const NOW = Date.UTC(2026, 10, 22, 15);
const channel = shapeChannel({
  pbx: 'pbx-a',
  boot: 2,
  uniqueid: 'a/b.1',
  name: 'PJSIP/Alice-1',
  origin: 'created',
  revision: revision(4),
  position: position(12),
  callerNumber: null,
  created: NOW - 4000,
  held: true,
});
const list = {
  position: 12,
  now: NOW,
  pbxs: [{ name: 'pbx-a', boot: 2, connected: true, recording: false, since: NOW, revision: 3, position: 5 }],
  channels: [{ ...channel, ofANewerServer: true }],
};
const read = (url: string, more = {}) => fetchView({ url, world: systemWorld, ...more });

describe('a running server', () => {
  test('is read as a data directory is', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url, request.headers.authorization);
      json(200, list)(request, response);
    });
    const { cache, now } = await read(url.replace('//', '//user:p%40ss@'), { pbx: 'pbx-a', at: '-10 m' });
    expect(asked).toEqual(['/v1/channels?stale=yes&pbx=pbx-a&at=-10+m', `Basic ${btoa('user:p@ss')}`]);
    expect(now).toBe(NOW);
    expect(cache.checkpoint).toBe(12);
    expect([...cache.list()]).toEqual([channel]);
    expect(cache.byName('pbx-a', 'pjsip/alice-1')).toEqual([channel]);
    expect(cache.byUniqueid('pbx-a', 'a/b.1')).toEqual(channel);
    expect(cache.pbx('pbx-a')).toMatchObject({ connected: true, version: undefined });
  });
  test('answers `rollcall channels --url`', async () => {
    const url = await serve(json(200, list));
    const { out, error } = await runCommand(['channels', '--url', `${url}/`, '--concise'], { data: '/nonexistent' });
    expect({ out, error }).toEqual({ out: 'PJSIP/Alice-1!!!!Unknown!(None)!!!!!!4!!a/b.1\n', error: undefined });
  });
  test('tells what is set aside, so that it is marked here too', async () => {
    const stream = 'channel/pbx-a/2/a/b.1';
    const held = { stream, pbx: 'pbx-a', revision: 5, position: 13, head: 6, type: 'X', reason: 'new', recorded: NOW };
    const url = await serve(json(200, { ...list, quarantine: { count: 1, streams: [{ ...held, waiting: 1 }] } }));
    const { out, err } = await runCommand(['channels', '--url', url, '--json'], { data: '/nonexistent' });
    expect(JSON.parse(out)).toMatchObject([{ uniqueid: 'a/b.1', uncertain: true }]);
    expect(err).toBe('pbx-a: 1 channel is uncertain: events cannot be read, see "rollcall quarantine"\n');
  });
});

describe('what is no Rollcall, or not there, gets an error that says so', () => {
  test('nothing listens', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => server?.close(resolve));
    await expect(read(url.replace('//', '//user:secret@'))).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: `${url} cannot be reached: nothing listens there.`,
    });
  });
  test('one that hangs up, as whatever speaks TLS does', async () => {
    const url = await serve((request) => void request.socket.destroy());
    await expect(read(url)).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: `${url} cannot be reached: it hung up without an answer.`,
      advice: 'If it serves TLS, ask for https:// instead.',
    });
  });
  test.each<[string, number, unknown, string, string]>([
    ['another program', 200, { hello: 'world' }, 'NOT_ROLLCALL', 'position'],
    ['a wrong field', 200, { ...list, channels: [{ ...channel, state: 'Up' }] }, 'NOT_ROLLCALL', 'channels.0.state'],
    [
      'a path that is not there',
      404,
      { message: 'Resource not found' },
      'SERVER_REFUSED',
      'HTTP 404: Resource not found',
    ],
    ['a fault', 500, 'oops', 'SERVER_REFUSED', 'HTTP 500.'],
    [
      'a refusal of Rollcall',
      400,
      { code: 'AT_UNCLEAR', message: 'is no time', advice: 'x' },
      'AT_UNCLEAR',
      'is no time',
    ],
  ])('%s', async (_, status, body, code, message) => {
    const url = await serve(json(status, body));
    await expect(read(url)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
  test('a page instead of JSON', async () => {
    const url = await serve((_, response) => response.end('<html>'));
    await expect(read(url)).rejects.toMatchObject({ code: 'NOT_ROLLCALL' });
  });
  test('one that does not answer in time', async () => {
    const url = await serve(() => {});
    await expect(read(url, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'SERVER_SLOW' });
  });
  test('one that answers without end', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(5000)));
    await expect(read(url, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'LIST_TOO_LARGE' });
  });
  test.each(['ftp://x', 'nonsense', ''])('%j is no address', async (url) => {
    await expect(read(url)).rejects.toMatchObject({ code: 'URL_WRONG' });
  });
});
