import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheOf, channelOf, heldAt, pbxNamed, serve } from './testing/served.ts';

const pbxs = [pbxNamed('pbx-a'), pbxNamed('pbx-b')];
const channels = [channelOf('pbx-a', '1.1'), channelOf('pbx-a', '1.2'), channelOf('pbx-b', '1.1')];
const held = [heldAt('pbx-a', '1.1'), heldAt('pbx-b', '9.9')];
const told = held.map((one) => ({ ...one, waiting: 2 }));

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({ cache: cacheOf(pbxs, channels, held) });
});
afterAll(() => api.close());

test('/v1/channels marks what is uncertain, and tells what is set aside, of all PBXs or of one', async () => {
  const { body } = await api.ask('/v1/channels');
  expect(body).toMatchObject({ quarantine: { count: 2, streams: told } });
  const { channels: listed } = body as { channels: { pbx: string; uniqueid: string; uncertain?: boolean }[] };
  expect(listed.map(({ pbx, uniqueid, uncertain }) => [pbx, uniqueid, uncertain])).toEqual([
    ['pbx-a', '1.1', true],
    ['pbx-b', '1.1', undefined],
    ['pbx-a', '1.2', undefined],
  ]);
  expect(await api.ask('/v1/channels?pbx=pbx-b')).toMatchObject({
    body: { quarantine: { count: 1, streams: [{ stream: 'channel/pbx-b/1/9.9' }] } },
  });
});

test('ARI names in a header the PBXs of which an uncertain channel is listed', async () => {
  const header = async (path: string) => (await api.ask(path)).headers.get('x-rollcall-uncertain');
  expect(await header('/ari/channels')).toBe('pbx-a');
  expect(await header('/ari/channels?pbx=pbx-b')).toBeNull();
  expect(await header('/ari/channels/1.1?pbx=pbx-a')).toBe('pbx-a');
  expect(await header('/ari/channels/1.2')).toBeNull();
  expect(await header('/ari/channels/1.1?pbx=pbx-b')).toBeNull();
});

test('/readyz counts it and names the first hundred, and is ready all the same', async () => {
  expect(await api.ask('/readyz')).toMatchObject({ status: 200, body: { quarantine: { count: 2, streams: told } } });
  const many = Array.from({ length: 150 }, (_, n) => heldAt('pbx-a', `2.${n}`));
  const full = await serve({ cache: cacheOf(pbxs, [], many) });
  const { quarantine } = (await full.ask('/readyz')).body as { quarantine: { count: number; streams: unknown[] } };
  await full.close();
  expect([quarantine.count, quarantine.streams.length]).toEqual([150, 100]);
});
