import { Writable } from 'node:stream';
import pino from 'pino';
import { afterEach, expect, test } from 'vitest';
import { cacheOf, pbxNamed, serve } from './testing/served.ts';

type Line = { level: number; request: string; method: string; url: string; status: number; address: string };

let api: Awaited<ReturnType<typeof serve>> | undefined;
afterEach(() => api?.close());

const logged = async (level: string) => {
  const lines: Line[] = [];
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)) as Line);
      done();
    },
  });
  api = await serve({ cache: cacheOf([pbxNamed('pbx-a')], []), logger: pino({ level }, to) });
  return { lines, ask: api.ask };
};

test('every request is logged with the id that its asker was told, and without what logs in', async () => {
  const { lines, ask } = await logged('debug');
  const { headers } = await ask('/v1/channels?pbx=pbx-a');
  await ask('/ari/channels?api_key=alice:secret');
  await expect.poll(() => lines.length).toBe(2);
  expect(lines[0]).toMatchObject({
    ...{ level: 20, method: 'GET', url: '/v1/channels?pbx=pbx-a', status: 200, address: '127.0.0.1' },
    request: headers.get('x-request-id'),
  });
  expect(new Set(lines.map(({ request }) => request)).size).toBe(2);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('what goes well is not said unless it is asked for, what is refused is', async () => {
  const { lines, ask } = await logged('info');
  await ask('/v1/channels');
  await ask('/v1/channels?colour=red');
  await expect.poll(() => lines.length).toBe(1);
  expect(lines[0]).toMatchObject({ level: 30, status: 400 });
});
