import { statSync } from 'node:fs';
import { revision, START } from '@rollcall/channel';
import { afterEach, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { makeFormat1 } from './testing/former-format.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { settingClock } from './testing/setting-clock.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

const HOUR = 3_600_000;

/** So many calls in each hour, all but the last five of the hour over within it. */
const hours = async (log: EmbeddedLog, world: { now: number }, count: number, calls: number): Promise<void> => {
  for (let hour = 0; hour < count; hour += 1) {
    world.now += HOUR;
    const streams = Array.from({ length: calls }, (_, call) => streamOf(`${hour}.${call}`));
    await Promise.all(streams.map((stream) => log.append(stream, 'none', [created('x'.repeat(200)), state(6)])));
    await Promise.all(streams.slice(5).map((stream) => log.append(stream, revision(1), [destroyed()])));
  }
};

test('stats say what the log holds and what room it takes', async () => {
  const world = settingClock();
  const dir = newDir();
  const log = open(dir, { world });
  expect(await log.stats()).toMatchObject({
    events: 0,
    streams: 0,
    bytesPerEvent: 0,
    first: undefined,
    last: undefined,
  });
  await log.append('pbx/pbx-a', 'none', [asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } })]);
  await hours(log, world, 3, 100);
  await log.close();
  const again = open(dir, { mode: 'read' });
  const stats = await again.stats({ byType: true });
  expect(stats).toMatchObject({
    id: again.id,
    format: 2,
    events: 1 + 3 * 295,
    streams: 301,
    openStreams: 16,
    first: { position: 1, recorded: 1_760_000_000_000 },
    last: { position: await again.head(), recorded: world.now },
    compactedTo: START,
    shrinks: true,
    freeBytes: 0,
    disk: { bytes: expect.any(Number), freeBytes: expect.any(Number) },
  });
  expect(Object.fromEntries(stats.byType ?? [])).toEqual({
    ChannelCreated: 300,
    ChannelStateChanged: 300,
    ChannelDestroyed: 285,
    PbxBooted: 1,
  });
  expect(stats.usedBytes).toBe(statSync(log.path).size);
  expect(stats.fileBytes).toBeGreaterThanOrEqual(stats.usedBytes);
  expect(stats.bytesPerEvent).toBe(stats.usedBytes / stats.events);
  expect((await again.stats()).byType).toBeUndefined();
});

test('stats of a log of format 1 count what it does not', async () => {
  const world = settingClock();
  const log = open(newDir(), { world });
  await hours(log, world, 1, 50);
  await log.close();
  makeFormat1(log.path, { compacted: false });
  const stats = await open(log.path.replace('/events.db', ''), { mode: 'read' }).stats();
  expect(stats).toMatchObject({ format: 1, events: 145, streams: 50, openStreams: 5, shrinks: false });
});

test('retention by age drops what ended before, at any hour', async () => {
  const world = settingClock();
  const log = open(newDir(), { world });
  await hours(log, world, 6, 50);
  expect(await log.retentionPosition({})).toBe(START);
  expect(await log.retentionPosition({ maxAge: 100 * HOUR })).toBe(START);
  await log.compact({ before: await log.retentionPosition({ maxAge: 2.5 * HOUR }) });
  expect(await log.stats()).toMatchObject({ streams: 6 * 50 - 3 * 45, openStreams: 30 });
  expect(await log.stats()).toMatchObject({ compactedTo: 3 * 145 });
});

test('retention by size comes to the size it is to have, and keeps the newest', async () => {
  const world = settingClock();
  const log = open(newDir(), { world });
  await hours(log, world, 10, 300);
  const before = await log.stats();
  const policy = { maxBytes: before.usedBytes / 2 };
  let rounds = 0;
  for (let to = await log.retentionPosition(policy); to > START; to = await log.retentionPosition(policy)) {
    await log.compact({ before: to });
    rounds += 1;
    expect(rounds).toBeLessThan(20);
  }
  const after = await log.stats();
  expect(after.usedBytes).toBeLessThanOrEqual(policy.maxBytes);
  expect(after.usedBytes).toBeGreaterThan(policy.maxBytes * 0.6);
  const heads = await log.heads([streamOf('0.200'), streamOf('9.200'), streamOf('0.0')]);
  expect([...heads.keys()]).toEqual([streamOf('9.200'), streamOf('0.0')]);
});
