import { systemWorld, type World } from '@rollcall/clock';
import pino from 'pino';
import { afterEach, expect, test } from 'vitest';
import { startRollcall } from '../../services/cli/src/running.ts';
import { loadSettings } from '../../services/cli/src/settings/load.ts';
import { openView } from '../../services/cli/src/view.ts';
import { AMI_BANNER, hangup, newchannel, newstate } from '../support/ami-feed.ts';
import { importFeed } from '../support/import-feed.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { listAsUser, newDir, removeDirs, verifyAsUser } from './as-user.ts';

afterEach(removeDirs);

const NOON = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;

const worldAt = (now: () => number): World => ({ ...systemWorld, clock: { ...systemWorld.clock, now } });

/** A clock that ticks, and steps back by an hour every so many looks. */
const steppingBack = (every: number): World => {
  let [now, looks] = [NOON, 0];
  return worldAt(() => {
    looks += 1;
    now += looks % every === 0 ? -HOUR : 10;
    return now;
  });
};

const calls = (run: string): Buffer =>
  Buffer.concat([
    AMI_BANNER,
    ...Array.from({ length: 500 }, (_, n) => newchannel({ id: `${run}.${n}`, state: 0 })),
    ...Array.from({ length: 500 }, (_, n) => newstate({ id: `${run}.${n}`, state: 6 })),
    ...Array.from({ length: 250 }, (_, n) => hangup({ id: `${run}.${n}` })),
  ]);

test('a clock that steps back again and again within a run', async () => {
  const { channels, differences } = await importFeed({
    data: newDir(),
    bytes: calls('run'),
    world: steppingBack(97),
    pieceSize: 5_000,
  });
  expect(differences).toEqual([]);
  expect(channels.size).toBe(250);
  expect(new Set([...channels.values()].map(({ state }) => state))).toEqual(new Set([6]));
});

test('a clock that steps back between runs: every position is what it was, and a time gives the last such moment', async () => {
  const data = newDir();
  const run = (name: string, from: number) =>
    importFeed({ data, bytes: calls(name), world: worldAt(() => from), pieceSize: 5_000 });
  const first = await run('first', NOON);
  const second = await run('second', NOON - HOUR);
  const third = await run('third', NOON - HOUR / 2);
  expect([first, second, third].map(({ differences }) => differences)).toEqual([[], [], []]);
  expect([first, second, third].map(({ channels }) => channels.size)).toEqual([250, 500, 750]);

  const idsAt = async (at: string): Promise<string[]> => {
    const view = await openView({ data, at, world: systemWorld });
    const ids = [...view.cache.list()].map(({ uniqueid }) => uniqueid);
    await view.close();
    return ids.sort();
  };
  for (const { events, channels } of [first, second, third]) {
    expect(await idsAt(`${events}`)).toEqual([...channels.keys()].sort());
  }
  expect(await idsAt(new Date(NOON - HOUR).toISOString())).toEqual([...second.channels.keys()].sort());
  expect(await idsAt(new Date(NOON).toISOString())).toEqual([...third.channels.keys()].sort());
  expect(await idsAt(new Date(NOON - 2 * HOUR).toISOString())).toEqual([]);
  expect(await verifyAsUser(data)).toBe(0);
});

test('what was recorded by a clock years ahead is listed by one that is right', async () => {
  const data = newDir();
  const ahead = Date.now() + 10 * 365 * 24 * HOUR;
  await importFeed({ data, bytes: calls('run'), world: worldAt(() => ahead) });
  expect(await listAsUser(data)).toHaveLength(250);
  expect(await verifyAsUser(data)).toBe(0);
});

test('start goes on while its clock steps back, and is equal to its log', async () => {
  const data = newDir();
  const logger = pino({ level: 'silent' });
  const settings = loadSettings({ data, http: 'off' }, {});
  let now = NOON;
  const world = worldAt(() => now);
  const running = await startRollcall(settings, world, logger);
  const { cache } = running.dir;
  const position = async (more: number): Promise<void> => {
    const at = cache.checkpoint + more;
    await waitFor(`position ${at}`, () => cache.checkpoint >= at);
  };
  await position(100);
  now -= HOUR;
  await position(100);
  now -= 365 * 24 * HOUR;
  await position(100);
  now += 2 * 365 * 24 * HOUR;
  await position(100);
  expect(running.projection.problem()).toBeUndefined();
  expect(running.sessions.byPbx.get('demo')?.status.state).toBe('live');
  await running.stop();
  expect(await verifyAsUser(data)).toBe(0);
});
