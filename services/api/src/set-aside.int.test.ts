import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheOf, channelOf, heldAt, pbxNamed, serve } from './testing/served.ts';
import { channelsModel } from './v1/models.ts';

const pbxs = [pbxNamed('pbx-a'), pbxNamed('pbx-b'), pbxNamed('pbx-c')];
const channels = [channelOf('pbx-a', '1.1'), channelOf('pbx-a', '1.2'), channelOf('pbx-b', '1.1')];
const held = [heldAt('pbx-a', '1.1'), heldAt('pbx-b', '9.9'), heldAt('pbx-c', '9.9')];
const told = held.map((one) => ({ ...one, waiting: 2 }));

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({ cache: cacheOf(pbxs, channels, held) });
});
afterAll(() => api.close());

test('/v1/channels marks what is uncertain, and tells what is set aside, of all PBXs or of those that are named', async () => {
  const { body } = await api.ask('/v1/channels');
  expect(body).toMatchObject({ quarantine: { count: 3, streams: told } });
  const { channels: listed } = body as { channels: { pbx: string; uniqueid: string; uncertain?: boolean }[] };
  expect(listed.map(({ pbx, uniqueid, uncertain }) => [pbx, uniqueid, uncertain])).toEqual([
    ['pbx-a', '1.1', true],
    ['pbx-b', '1.1', undefined],
    ['pbx-a', '1.2', undefined],
  ]);
  const heldOf = async (query: string): Promise<string[]> => {
    const { quarantine } = channelsModel.parse((await api.ask(`/v1/channels?pbx=${query}`)).body);
    expect(quarantine.count).toBe(quarantine.streams.length);
    return quarantine.streams.map(({ pbx }) => pbx);
  };
  expect(await heldOf('pbx-b')).toEqual(['pbx-b']);
  expect(await heldOf('pbx-a,pbx-c')).toEqual(['pbx-a', 'pbx-c']);
  expect(await heldOf('pbx-z')).toEqual([]);
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
  expect(await api.ask('/readyz')).toMatchObject({ status: 200, body: { quarantine: { count: 3, streams: told } } });
  const many = Array.from({ length: 150 }, (_, n) => heldAt('pbx-a', `2.${n}`));
  const full = await serve({ cache: cacheOf(pbxs, [], many) });
  const { quarantine } = (await full.ask('/readyz')).body as { quarantine: { count: number; streams: unknown[] } };
  await full.close();
  expect([quarantine.count, quarantine.streams.length]).toEqual([150, 100]);
});
