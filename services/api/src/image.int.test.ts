import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { position } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterEach, expect, test, vi } from 'vitest';
import { createJobs, imageLines } from './operations.ts';
import { cacheOf, channelOf, heldAt, pbxNamed, serve } from './testing/served.ts';

const TOKEN = 'f'.repeat(64);
const AUTHORISED = { authorization: `Bearer ${TOKEN}` };
const MANY = 20_000;

const servers: { close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const served = async (cache: ReturnType<typeof cacheOf>) => {
  const jobs = createJobs({ operations: [], world: systemWorld });
  const api = await serve({ cache, operating: { token: TOKEN, jobs, log: 'log-1' } });
  servers.push(api);
  return api;
};

const channels = (count: number) => Array.from({ length: count }, (_, n) => channelOf('pbx-a', `1.${n}`));

/** A reader that takes what the system takes, and no more until it is told to. */
const pausedReader = async (url: string): Promise<{ socket: Socket; rest: () => Promise<string> }> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `GET /v1/image HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: ${AUTHORISED.authorization}\r\n\r\n`,
  );
  socket.pause();
  return {
    socket,
    rest: async () => {
      let text = '';
      socket.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      socket.resume();
      await once(socket, 'close');
      return text;
    },
  };
};

test('the list whole, with its indexes, a line of JSON each: for operators alone', async () => {
  const cache = cacheOf([pbxNamed('pbx-a')], channels(3), [heldAt('pbx-a', '1.1')]);
  const api = await served(cache);
  expect((await api.ask('/v1/image')).status).toBe(401);
  const response = await fetch(`${api.url}/v1/image`, { headers: AUTHORISED });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await response.text()).trimEnd().split('\n');
  expect(lines).toEqual([...imageLines(cache, 'log-1')]);
  const [header, pbx, channel] = lines.map((line) => JSON.parse(line) as unknown);
  expect(header).toEqual({ rollcallImage: 1, log: 'log-1', position: 7, channels: 3, lines: lines.length - 1 });
  expect(pbx).toMatchObject({ pbx: { name: 'pbx-a' } });
  expect(channel).toMatchObject({ stream: 'channel/pbx-a/1/1.0', channel: { uniqueid: '1.0' } });
  expect(lines.filter((line) => line.includes('"name":"pbx-a\\n'))).toHaveLength(3);
  expect(lines.at(-1)).toContain('"quarantined":');
  expect((await api.ask('/v1/image', { method: 'POST', headers: AUTHORISED })).status).toBe(405);
});

test('is of one moment, and made only as fast as it is read', async () => {
  let made = 0;
  const counted = channels(MANY).map((one) =>
    Object.defineProperty(one, 'exten', {
      enumerable: true,
      get: () => {
        made++;
        return 'x'.repeat(500);
      },
    }),
  );
  const cache = cacheOf([pbxNamed('pbx-a')], counted);
  const api = await served(cache);
  const reader = await pausedReader(api.url);
  await vi.waitFor(() => expect(made).toBeGreaterThan(0));
  // Everything else goes on, and the list changes altogether.
  for (let n = 0; n < 20; n++) expect((await api.ask('/healthz')).status).toBe(200);
  expect(made).toBeLessThan(MANY);
  const removals = [...cache.entries()].map(([stream]) => stream);
  cache.commit({ puts: new Map(), removals, pbxs: [], quarantine: new Map(), checkpoint: position(9) });
  const text = await reader.rest();
  expect(text).toContain(`"position":7,"channels":${MANY},`);
  expect(text.match(/"channel":\{/g)).toHaveLength(MANY);
});

test('a reader that does not read keeps nobody from ending', async () => {
  const api = await served(cacheOf([pbxNamed('pbx-a')], channels(MANY)));
  const { socket } = await pausedReader(api.url);
  socket.on('error', () => {});
  await once(socket, 'readable');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await api.close();
  socket.resume();
  await closed;
});
