import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordedEvent, revision, START } from '@rollcall/channel';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import type { CheckProgress } from './check.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import type { Finding } from './finding.ts';
import { findings } from './testing/findings.ts';
import { makeFormat1 } from './testing/former-format.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

/** Calls that ended, calls that go on, one that came back after its end, and a PBX. */
const fillLog = async (log: EmbeddedLog): Promise<void> => {
  await log.append('pbx/pbx-a', 'none', [asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } })]);
  for (let call = 0; call < 40; call += 1) {
    const { revision } = await log.append(streamOf(`${call}`), 'none', [created(`PJSIP/Łukasz-${call}`), state(6)]);
    if (call % 4 > 0) await log.append(streamOf(`${call}`), revision, [destroyed()]);
  }
  await log.append(streamOf('1'), revision(2), [created(), state(6)]);
};

describe('a sound log', () => {
  test('is found sound, whatever its events are, while open and after', async () => {
    const dir = newDir();
    const log = open(dir);
    await fillLog(log);
    await log.append(streamOf('odd'), 'none', [
      asNew({ type: 'VariableSet', data: { variable: 'ü\u0000"', value: '日本 🎉 \\' } }, { time: -0 }),
      asNew({ type: 'ChannelUnheld', data: {} }, { time: 1_760_000_000_123.456 }),
      asNew({ type: 'ChannelUnheld', data: {} }, { time: Number.MAX_SAFE_INTEGER * 8 }),
    ]);
    await Promise.allSettled([
      log.append(streamOf('new'), 'none', [created()]),
      log.append(streamOf('not kept'), 'none', [{ ...created(), time: Number.NaN }]),
    ]);
    expect(await findings(log, { structure: true })).toEqual([]);
    await log.close();
    expect(await findings(open(dir, { mode: 'read' }), { structure: true })).toEqual([]);
    expect(await findings(open(dir))).toEqual([]);
  });

  test('is found sound as of one moment while another process appends to it', async () => {
    const dir = newDir();
    const writer = otherProcess(['write', dir]);
    await writer.printed(500);
    const reading = open(dir, { mode: 'read' });
    for (let round = 0; round < 5; round += 1) {
      const before = writer.lines.length;
      let last: CheckProgress | undefined;
      const progress = (now: CheckProgress): void => {
        last = now;
      };
      expect(await findings(reading, { progress })).toEqual([]);
      expect(last).toMatchObject({ unchecked: 0 });
      expect(last?.position).toBe(last?.head);
      expect(last?.events).toBeGreaterThanOrEqual(3 * (before - 1));
      await writer.printed(writer.lines.length + 200);
    }
    await writer.kill();
    expect(await findings(reading)).toEqual([]);
  });

  test('an event whose time is not finite is not written: no copy could hold it', async () => {
    const log = open(newDir());
    const endless = { ...created(), time: Number.POSITIVE_INFINITY };
    await expect(log.append(streamOf('1'), 'none', [endless])).rejects.toMatchObject({ code: 'EVENT_INVALID' });
  });

  test('is left in the middle when its reader leaves, or its signal aborts', async () => {
    const log = open(newDir());
    await log.append(
      streamOf('1'),
      'none',
      Array.from({ length: 3_000 }, (_, index) => state(index)),
    );
    const controller = new AbortController();
    const pages: number[] = [];
    const progress = ({ events }: CheckProgress): void => {
      pages.push(events);
      controller.abort();
    };
    expect(await findings(log, { progress, signal: controller.signal })).toEqual([]);
    expect(pages).toEqual([250]);
  });
});

describe('damage', () => {
  let dir = '';
  let all: RecordedEvent[] = [];
  beforeEach(async () => {
    dir = newDir();
    const log = open(dir);
    await fillLog(log);
    all = await collect(log.readAll(START));
    await log.close();
  });

  const change = (sql: string): void => {
    new Database(join(dir, 'events.db')).exec(sql).close();
  };
  const last = 'SELECT max(position) FROM events';
  const second = `SELECT id FROM streams WHERE name = '${streamOf('2')}'`;

  const damages: [string, string, Partial<Finding>[]][] = [
    [
      'data altered by one letter',
      `UPDATE events SET data = replace(data, 'PJSIP', 'PJSIQ') WHERE position = 7`,
      [{ what: 'checksum', position: 7 as Finding['position'] & number, stream: streamOf('2') }],
    ],
    ['a time altered', 'UPDATE events SET time = time + 1 WHERE position = 8', [{ what: 'checksum' }]],
    [
      'a recorded time altered',
      `UPDATE events SET recorded = recorded + 0.5 WHERE position = (${last})`,
      [{ what: 'checksum' }],
    ],
    ['an id altered', `UPDATE events SET id = upper(id) || '.' WHERE position = 8`, [{ what: 'checksum' }]],
    [
      'an event of another kind',
      'UPDATE events SET kind = kind + 1 WHERE position = 8',
      [{ what: 'checksum', stream: streamOf('2') }],
    ],
    [
      'a checksum altered',
      'UPDATE events SET checksum = checksum + 1 WHERE position = 8',
      [{ what: 'checksum' }, { what: 'sum' }],
    ],
    [
      'two events that changed places',
      `CREATE TEMP TABLE t AS SELECT position, data, id FROM events WHERE position IN (7, 8);
       UPDATE events SET data = (SELECT data FROM t WHERE position <> events.position), id = (SELECT id FROM t WHERE position <> events.position)
       WHERE position IN (7, 8)`,
      [{ what: 'checksum' }, { what: 'checksum' }],
    ],
    [
      'an event moved to another place in the log',
      `UPDATE events SET position = position + 1000000 WHERE position = 8`,
      [{ what: 'checksum' }, { what: 'clock' }, { what: 'head' }],
    ],
    [
      'an event moved to another stream',
      `UPDATE events SET stream = (${second}), revision = 3 WHERE position = (${last})`,
      [
        { what: 'checksum', stream: streamOf('2') },
        { what: 'head', stream: streamOf('2') },
      ],
    ],
    [
      'an event dropped within a stream',
      'DELETE FROM events WHERE position = 8',
      [{ what: 'gap', stream: streamOf('2') }, { what: 'count' }, { what: 'sum' }],
    ],
    [
      'the end of a stream dropped',
      `DELETE FROM events WHERE stream = (${second}) AND revision = 2`,
      [{ what: 'head', stream: streamOf('2') }, { what: 'count' }, { what: 'sum' }],
    ],
    ['the newest event dropped', `DELETE FROM events WHERE position = (${last})`, [{ what: 'count' }, { what: 'sum' }]],
    [
      'a whole stream dropped',
      `DELETE FROM events WHERE stream = (${second}); DELETE FROM streams WHERE id = (${second})`,
      [{ what: 'count' }, { what: 'sum' }],
    ],
    [
      'the events of a stream dropped',
      `DELETE FROM events WHERE stream = (${second})`,
      [{ what: 'stream', stream: streamOf('2') }, { what: 'count' }, { what: 'sum' }],
    ],
    [
      'a stream dropped without its events',
      `DELETE FROM streams WHERE id = (${second})`,
      [{ what: 'stream', detail: expect.stringMatching(/number \d+, which is missing/) }],
    ],
    [
      'an event added',
      `INSERT INTO events SELECT position + 1000, stream, revision + 1, kind, time, recorded, id, data, checksum FROM events
       WHERE position = (${last})`,
      [{ what: 'checksum' }, { what: 'count' }, { what: 'sum' }],
    ],
    [
      'an event added without a checksum',
      `INSERT INTO events SELECT position + 1000, stream, revision + 1, kind, time, recorded, id, data, NULL FROM events
       WHERE position = (${last})`,
      [{ what: 'count' }],
    ],
    ['a checksum removed', 'UPDATE events SET checksum = NULL WHERE position = 8', [{ what: 'sum' }]],
    [
      'a stream with another name',
      `UPDATE streams SET name = name || 'x' WHERE id = (${second})`,
      [{ what: 'checksum' }, { what: 'checksum' }, { what: 'checksum', stream: `${streamOf('2')}x` }],
    ],
    [
      'a kind that says something else',
      `UPDATE kinds SET type = 'PbxBooting' WHERE type = 'PbxBooted'`,
      [{ what: 'checksum', stream: 'pbx/pbx-a' }],
    ],
    [
      'a kind missing',
      `DELETE FROM kinds WHERE type = 'PbxBooted'`,
      [{ what: 'kind', stream: 'pbx/pbx-a', detail: expect.stringMatching(/number \d+, which is missing/) }],
    ],
    [
      'a closed stream kept as open',
      `UPDATE streams SET closed = NULL WHERE id = (${second})`,
      [{ what: 'head', stream: streamOf('2'), detail: expect.stringContaining('kept as open') }],
    ],
    [
      'an open stream kept as closed',
      `UPDATE streams SET closed = 8 WHERE name = '${streamOf('4')}'`,
      [
        {
          what: 'head',
          stream: streamOf('4'),
          detail: expect.stringContaining('kept as closed at position 8; its last event is at'),
        },
      ],
    ],
    ['the count altered', 'UPDATE log SET events = events - 1', [{ what: 'count' }]],
    ['the sum altered', 'UPDATE log SET checksums = checksums + 1', [{ what: 'sum' }]],
    [
      'an unknown step of the clock',
      'UPDATE events SET recorded = 5, checksum = NULL WHERE position = 8',
      [{ what: 'clock' }, { what: 'sum' }],
    ],
  ];

  test.each(damages)('%s is found and named', async (_, sql, expected) => {
    change(sql);
    expect(await findings(open(dir, { mode: 'read' }))).toMatchObject(expected);
  });

  test('every kind of finding but those of the file itself has its test here', () => {
    expect(new Set(damages.flatMap(([, , expected]) => expected.map(({ what }) => what)))).toEqual(
      new Set(['checksum', 'gap', 'head', 'stream', 'kind', 'count', 'sum', 'clock']),
    );
  });

  test('an index that lacks an entry is found by its gap, and by SQLite', async () => {
    const path = join(dir, 'events.db');
    const sound = readFileSync(path);
    const file = new Database(path);
    const root = Number(
      file.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_events_1'`).pluck().get(),
    );
    file.close();
    const page = (root - 1) * 4096;
    // One cell fewer than there are: the last one is out of sight.
    sound.writeUInt16BE(sound.readUInt16BE(page + 3) - 1, page + 3);
    writeFileSync(path, sound);
    const found = await findings(open(dir, { mode: 'read' }), { structure: true });
    expect(found.map(({ what }) => what)).toContain('structure');
    expect(found.length).toBeGreaterThan(1);
  });

  test('pages that cannot be read are named, and what lies behind them is checked', async () => {
    const log = open(dir);
    for (let call = 0; call < 2_000; call += 1)
      await log.append(streamOf(`more-${call}`), 'none', [created('x'.repeat(200))]);
    await log.close();
    const path = log.path;
    const sound = join(dir, 'sound');
    copyFileSync(path, sound);
    change(`UPDATE events SET data = 'changed' WHERE position = (${last})`);
    const file = new Database(path);
    const pages = file
      .prepare<[], number>(`SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY path`)
      .pluck()
      .all();
    file.close();
    const noise = readFileSync(path);
    const page = pages[Math.floor(pages.length / 2)] ?? 0;
    noise.fill(0xff, (page - 1) * 4096, page * 4096);
    writeFileSync(path, noise);
    const found = await findings(open(dir, { mode: 'read' }));
    expect(found).toMatchObject([
      { what: 'unreadable', detail: expect.stringMatching(/after position \d+ up to \d+ cannot be read/) },
      { what: 'checksum', stream: streamOf('more-1999') },
    ]);
  });

  test('never throws but as damage, wherever bytes are flipped', async () => {
    const path = join(dir, 'events.db');
    const sound = readFileSync(path);
    let found = 0;
    for (let at = 4_096; at < sound.length; at += 509) {
      const file = Buffer.from(sound);
      file[at] = (file[at] ?? 0) ^ 0x11;
      writeFileSync(path, file);
      try {
        const log = open(dir, { mode: 'read' });
        found += (await findings(log, { structure: true })).length;
        await log.close();
      } catch (error) {
        expect(error).toMatchObject({ code: 'LOG_DAMAGED' });
      }
    }
    expect(found).toBeGreaterThan(0);
    expect(all.length).toBeGreaterThan(100);
  });
});

describe('a log of format 1', () => {
  const former = async (compacted: boolean): Promise<string> => {
    const dir = newDir();
    const log = open(dir);
    await fillLog(log);
    await log.close();
    makeFormat1(log.path, { compacted });
    return dir;
  };

  test.each([true, false])('is read and checked as it is (compacted known: %s)', async (compacted) => {
    const dir = await former(compacted);
    const reading = open(dir, { mode: 'read' });
    const all = await collect(reading.readAll(START));
    expect(await reading.compactedTo()).toBe(START);
    let unchecked = 0;
    const progress = (now: CheckProgress): void => {
      unchecked = now.unchecked;
    };
    expect(await findings(reading, { progress })).toEqual([]);
    expect(unchecked).toBe(all.length);
  });

  test.each([true, false])('is brought up when it is opened to write, under its readers (%s)', async (compacted) => {
    const dir = await former(compacted);
    const reading = open(dir, { mode: 'read' });
    const before = await collect(reading.readAll(START));
    const log = open(dir);
    await log.append(streamOf('2'), revision(2), [created(), state(6)]);
    for (const reader of [log, reading, open(dir, { mode: 'read' })]) {
      expect((await collect(reader.readAll(START))).slice(0, before.length)).toEqual(before);
      expect(await reader.compactedTo()).toBe(START);
      let last: CheckProgress | undefined;
      const progress = (now: CheckProgress): void => {
        last = now;
      };
      expect(await findings(reader, { progress })).toEqual([]);
      expect(last).toMatchObject({ events: before.length + 2, unchecked: before.length });
    }
    await log.close();
    new Database(log.path).exec('DELETE FROM events WHERE position = 8').close();
    expect((await findings(open(dir))).map(({ what }) => what)).toEqual(['gap', 'count']);
  });
});
