import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { channelStream, type NewEvent, revision, SCHEMA_VERSION, START } from '@rollcall/channel';
import { systemWorld, type World } from '@rollcall/clock';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { eventLogContract } from '../../../../test/contract/event-log.contract.ts';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { openStreams } from '../../../../test/contract/event-log.model.ts';
import { collect, reader } from '../../../../test/contract/event-log.reader.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';

const { newDir, open, cleanup } = logsUnderTest();

eventLogContract('embedded', {
  open: async () => open(newDir()),
  reopen: async (log) => {
    await log.close();
    if (!('path' in log) || typeof log.path !== 'string') throw new Error('not an embedded log');
    return open(dirname(log.path));
  },
  cleanup,
});

afterEach(cleanup);

const ticking = (times: Iterator<number>): World => ({
  ...systemWorld,
  clock: { ...systemWorld.clock, now: () => times.next().value },
});

function* counting(): Generator<number, number> {
  for (let time = 1; ; time += 1) yield time;
}

describe('group commit', () => {
  test('appends of one turn share a commit; a commit is bounded', async () => {
    const dir = newDir();
    await open(dir).close();
    const log = open(dir, { world: ticking(counting()) });
    await Promise.all(Array.from({ length: 500 }, (_, index) => log.append(streamOf(`${index}`), 'none', [created()])));
    const first = await collect(log.readAll(START));
    expect(new Set(first.map(({ recorded }) => recorded)).size).toBe(1);
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        log.append(
          streamOf(`x${index}`),
          'none',
          Array.from({ length: 100 }, () => state(1)),
        ),
      ),
    );
    const rest = await collect(log.readAll(first.at(-1)?.position ?? START));
    expect(new Set(rest.map(({ recorded }) => recorded)).size).toBe(3);
  });

  test('appends to one stream that do not wait for each other are done in the order of their calls', async () => {
    const log = open(newDir());
    const appends = Array.from({ length: 300 }, (_, index) =>
      log.append(streamOf('1'), index === 0 ? 'none' : revision(index - 1), [state(index)]),
    );
    expect((await Promise.all(appends)).map((appended) => appended.revision)).toEqual(appends.map((_, index) => index));
  });

  test('an event that cannot be stored fails its own append only', async () => {
    const log = open(newDir());
    const broken = { ...created(), time: Number.NaN };
    const [before, wrong, after] = await Promise.allSettled([
      log.append(streamOf('1'), 'none', [created()]),
      log.append(streamOf('2'), 'none', [created(), broken]),
      log.append(streamOf('3'), 'none', [created()]),
    ]);
    expect([before.status, wrong.status, after.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(wrong).toMatchObject({ reason: { code: 'EVENT_INVALID' } });
    expect((await collect(log.readAll(START))).map(({ stream }) => stream)).toEqual([streamOf('1'), streamOf('3')]);
    await expect(log.append(streamOf('2'), 'none', [created()])).resolves.toMatchObject({ revision: 0 });
  });

  test('a stream holds events of one PBX', async () => {
    const log = open(newDir());
    const stray: NewEvent = { ...state(6), pbx: 'pbx-b' };
    await log.append(streamOf('1'), 'none', [created()]);
    const refused = { code: 'EVENT_OF_OTHER_PBX' };
    await expect(log.append(streamOf('1'), revision(0), [stray])).rejects.toMatchObject(refused);
    await expect(log.append(streamOf('2'), 'none', [created(), stray])).rejects.toMatchObject(refused);
    expect(await collect(log.readAll(START))).toHaveLength(1);
  });

  test('an event of a newer schema is not written', async () => {
    const log = open(newDir());
    const newer = { ...created(), schema: SCHEMA_VERSION + 1 };
    await expect(log.append(streamOf('1'), 'none', [newer])).rejects.toMatchObject({ code: 'LOG_SCHEMA_UNKNOWN' });
  });
});

describe('positions', () => {
  test('are not used again after the newest events, or all, have been deleted', async () => {
    const dir = newDir();
    const first = open(dir);
    for (let call = 0; call < 3; call += 1) await first.append(streamOf(`${call}`), 'none', [created(), destroyed()]);
    await first.close();
    for (const condition of ['position > 3', 'true']) {
      const file = new Database(first.path);
      const highest = Number(file.prepare('SELECT max(position) FROM events').pluck().get());
      file.exec(
        `DELETE FROM events WHERE ${condition}; DELETE FROM streams WHERE id NOT IN (SELECT stream FROM events)`,
      );
      file.close();
      const log = open(dir);
      const appended = await log.append(streamOf(`after ${condition}`), 'none', [created()]);
      expect(appended.position).toBeGreaterThan(highest);
      await log.close();
    }
  });

  test('positionAt finds the last event recorded by a time, however the clock was set', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(3), fc.integer({ min: -50, max: 50 })), { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        async (ticks, reopens) => {
          let now = 1_000;
          const dir = newDir();
          await open(dir).close();
          const world = ticking({ next: () => ({ value: now }) });
          let log = open(dir, { world });
          for (const [index, tick] of ticks.entries()) {
            now += tick;
            await log.append(streamOf(`${index}`), 'none', [created(), state(1)]);
            if (!reopens || index % 7 !== 3) continue;
            await log.close();
            log = open(dir, { world });
          }
          const all = await collect(log.readAll(START));
          for (const time of new Set(all.flatMap(({ recorded }) => [recorded - 1, recorded, recorded + 0.5]))) {
            const last = all.findLast(({ recorded }) => recorded <= time);
            expect(await log.positionAt(time)).toBe(last?.position ?? START);
          }
          await cleanup();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a step back of the clock', () => {
  test('is remembered when it comes with an append that is not kept', async () => {
    const dir = newDir();
    await open(dir).close();
    let now = 100;
    const log = open(dir, { world: ticking({ next: () => ({ value: now }) }) });
    const first = await log.append(streamOf('1'), 'none', [created()]);
    now = 50;
    await expect(log.append(streamOf('2'), 'none', [{ ...created(), time: Number.NaN }])).rejects.toThrow();
    now = 60;
    const second = await log.append(streamOf('3'), 'none', [created()]);
    now = 120;
    await log.append(streamOf('4'), 'none', [created()]);
    expect(await log.positionAt(70)).toBe(second.position);
    expect(await log.positionAt(110)).toBe(second.position);
    expect(await log.positionAt(55)).toBe(START);
    expect(first.position).toBeLessThan(second.position);
  });
});

describe('reading', () => {
  test('readOpen reads no stream that is over, now and at an earlier position', async () => {
    const log = open(newDir());
    for (let call = 0; call < 20; call += 1) {
      await log.append(streamOf(`${call}`), 'none', [created(), state(6)]);
      if (call > 3 && call % 3 > 0) await log.append(streamOf(`${call - 2}`), revision(1), [destroyed()]);
    }
    const all = await collect(log.readAll(START));
    for (const { position } of all) {
      const streams = (await collect(log.readOpen(position))).map(({ stream }) => stream);
      expect(new Set(streams)).toEqual(openStreams(all, position));
    }
  });

  test('an event that a newer Rollcall wrote is handed over as one that cannot be read, in its place', async () => {
    const dir = newDir();
    const log = open(dir);
    const { position } = await log.append(streamOf('1'), 'none', [created()]);
    await log.append(streamOf('2'), 'none', [state(1)]);
    await log.close();
    for (const change of [
      `schema = schema + 1 WHERE type = 'ChannelStateChanged'`,
      `schema = schema - 1, type = 'Unheard' WHERE type = 'ChannelStateChanged'`,
    ]) {
      const file = new Database(log.path);
      file.exec(`UPDATE kinds SET ${change}`);
      file.close();
      const again = open(dir);
      expect(await collect(again.readAll(START))).toMatchObject([
        { position, type: 'ChannelCreated' },
        {
          position: position + 1,
          revision: 0,
          type: 'Unreadable',
          data: {
            type: expect.stringMatching(/ChannelStateChanged|Unheard/),
            reason: expect.stringContaining('not known here'),
          },
        },
      ]);
      await again.close();
    }
  });

  test('subscribers that keep up are handed the commit itself', async () => {
    const log = open(newDir());
    const subscribers = [reader(log, START), reader(log, START)];
    await log.append(streamOf('0'), 'none', [created()]);
    for (const subscriber of subscribers) await subscriber.has(1);
    await log.append(streamOf('1'), 'none', [asNew({ type: 'ChannelHeld', data: { musicClass: undefined } })]);
    for (const subscriber of subscribers) await subscriber.has(2);
    const [one, two] = await Promise.all(subscribers.map((subscriber) => subscriber.stop()));
    expect(one?.[1]).toBe(two?.[1]);
    expect(one?.[1]).toStrictEqual((await collect(log.readAll(START)))[1]);
  });

  test('the view event_log shows names and times to people', async () => {
    const log = open(newDir());
    const stream = channelStream('pbx-a', 1, '17.1');
    await log.append(stream, 'none', [{ ...created(), time: 1_760_000_000_123 }]);
    const file = new Database(log.path, { readonly: true });
    expect(file.prepare('SELECT * FROM event_log').get()).toMatchObject({
      position: 1,
      stream,
      type: 'ChannelCreated',
      time: '2025-10-09T08:53:20.123Z',
      pbx: 'pbx-a',
      boot: 1,
      source: 'ami',
    });
    file.close();
  });

  test('only its own user may read the file', async () => {
    const log = open(newDir());
    await log.append(streamOf('1'), 'none', [created()]);
    for (const file of [log.path, `${log.path}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
