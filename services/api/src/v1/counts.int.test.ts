import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheOf, channelOf, pbxNamed, SINCE, serve } from '../testing/served.ts';
import { countsModel } from './models.ts';

/** Time goes on by a second whenever it is looked at: each piece of work takes long. Rests last until they are ended. */
let now = 0;
const rests: (() => void)[] = [];
const clock = { now: () => SINCE + 60_000, monotonic: () => (now += 1_000) };
const sleep = () => new Promise<void>((resolve) => rests.push(resolve));

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  const channels = Array.from({ length: 1_000 }, (_, n) => channelOf('a', `1.${n}`, { state: n % 4 === 0 ? 4 : 6 }));
  api = await serve({
    cache: cacheOf([pbxNamed('a')], channels),
    clock,
    scheduler: { ...systemWorld.scheduler, sleep },
  });
});
afterAll(async () => {
  for (const end of rests) end();
  await api.close();
});

test('counts of many channels are made one after the other, with everything else in between', async () => {
  const ask = async () => countsModel.parse((await api.ask('/v1/counts?by=state')).body);
  expect(await ask()).toMatchObject({
    total: 1_000,
    counts: [
      { value: 'Up', count: 750 },
      { value: 'Ring', count: 250 },
    ],
  });
  const second = ask();
  expect((await api.ask('/v1/pbxs')).status).toBe(200);
  expect(await Promise.race([second.then(() => 'made'), api.ask('/v1/pbxs').then(() => 'waits')])).toBe('waits');
  expect(rests).toHaveLength(1);
  rests[0]?.();
  expect((await second).total).toBe(1_000);
});
