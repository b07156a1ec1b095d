import { randomFillSync } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type RecordedEvent, START } from '@rollcall/channel';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

const makeLog = async (): Promise<{ dir: string; path: string; all: RecordedEvent[] }> => {
  const dir = newDir();
  const log = open(dir);
  for (let call = 0; call < 400; call += 1) {
    await log.append(streamOf(`${call}`), 'none', [created(`PJSIP/${call}`), state(6), destroyed()]);
  }
  const all = await collect(log.readAll(START));
  await log.close();
  return { dir, path: log.path, all };
};

/** Everything one can ask of a log; what it read. */
const useAll = async (log: EmbeddedLog): Promise<RecordedEvent[]> => {
  await log.heads([streamOf('7'), streamOf('new')]);
  await log.positionAt(Date.now());
  await collect(log.readOpen());
  await collect(log.readStream(streamOf('7')));
  const all = await collect(log.readAll(START));
  await log.append(streamOf('new'), 'none', [created()]);
  return all;
};

const attempt = async (dir: string): Promise<RecordedEvent[] | RollcallError> => {
  let log: EmbeddedLog | undefined;
  try {
    log = open(dir);
    return await useAll(log);
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  } finally {
    await log?.close();
  }
};

describe('a damaged database file', () => {
  const whole: [string, (file: Buffer) => Buffer][] = [
    ['empty', () => Buffer.alloc(0)],
    ['one byte long', (file) => file.subarray(0, 1)],
    ['cut within its header', (file) => file.subarray(0, 90)],
    ['cut after its first page', (file) => file.subarray(0, 4096)],
    ['cut in half', (file) => file.subarray(0, file.length / 2)],
    ['one byte short', (file) => file.subarray(0, -1)],
    ['all zeros', (file) => Buffer.alloc(file.length)],
    ['noise', (file) => randomFillSync(Buffer.alloc(file.length))],
    ['text', () => Buffer.from('{"this":"is not a log"}\n'.repeat(500))],
  ];
  test.each(whole)('that is %s is LOG_DAMAGED, which says what to do', async (_, damage) => {
    const { dir, path } = await makeLog();
    writeFileSync(path, damage(readFileSync(path)));
    const outcome = await attempt(dir);
    expect(outcome).toMatchObject({ code: 'LOG_DAMAGED', advice: expect.stringMatching(/backup.*afresh/) });
    expect(String(outcome)).toContain(path);
  });

  test('of another program is LOG_DAMAGED', async () => {
    const dir = newDir();
    new Database(`${dir}/events.db`).exec('CREATE TABLE events (position INTEGER)').close();
    expect(await attempt(dir)).toMatchObject({ code: 'LOG_DAMAGED' });
  });

  test('that lacks a table is LOG_DAMAGED', async () => {
    const { dir, path } = await makeLog();
    new Database(path).exec('DROP VIEW event_log; DROP TABLE streams').close();
    expect(await attempt(dir)).toMatchObject({ code: 'LOG_DAMAGED', message: expect.stringContaining('streams') });
  });

  test('with data that is not JSON gives every other event, and that one as unreadable', async () => {
    const { dir, path, all } = await makeLog();
    new Database(path).exec(`UPDATE events SET data = '{"state":' WHERE position = 77`).close();
    const read = await attempt(dir);
    const unreadable = { type: 'Unreadable', data: { text: '{"state":', reason: expect.stringContaining('JSON') } };
    expect(read).toMatchObject(all.map((event) => (event.position === 77 ? unreadable : event)));
  });

  test('of a newer format is refused', async () => {
    const { dir, path } = await makeLog();
    new Database(path).exec('PRAGMA user_version = 3').close();
    expect(await attempt(dir)).toMatchObject({ code: 'LOG_FORMAT_UNKNOWN' });
  });

  test('never crashes its reader, wherever pages of it are zeros or noise', async () => {
    const { dir, path } = await makeLog();
    const sound = readFileSync(path);
    const codes = new Set<string>();
    for (let page = 0; page < sound.length / 4096; page += 1) {
      for (const fill of [(part: Buffer) => part.fill(0), (part: Buffer) => randomFillSync(part)]) {
        const file = Buffer.from(sound);
        fill(file.subarray(page * 4096 + (page % 3) * 512, (page + 1) * 4096));
        writeFileSync(path, file);
        const outcome = await attempt(dir);
        codes.add(outcome instanceof RollcallError ? outcome.code : 'read');
        for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
      }
    }
    expect(codes).toContain('LOG_DAMAGED');
    for (const code of codes)
      expect(['LOG_DAMAGED', 'LOG_FORMAT_UNKNOWN', 'LOG_SCHEMA_UNKNOWN', 'WRONG_EXPECTED_REVISION', 'read']).toContain(
        code,
      );
  });
});

describe('a damaged write-ahead log', () => {
  const damages: [string, (wal: Buffer) => Buffer | undefined][] = [
    ['missing', () => undefined],
    ['empty', () => Buffer.alloc(0)],
    ['cut within its header', (wal) => wal.subarray(0, 20)],
    ['cut in half', (wal) => wal.subarray(0, wal.length / 2)],
    ['torn in its last frame', (wal) => wal.subarray(0, -100)],
    ['all zeros', (wal) => Buffer.alloc(wal.length)],
    ['noise', (wal) => randomFillSync(Buffer.alloc(wal.length))],
    [
      'noise in the middle',
      (wal) =>
        Buffer.concat([
          wal.subarray(0, wal.length / 3),
          randomFillSync(Buffer.alloc(wal.length / 3)),
          wal.subarray((wal.length / 3) * 2),
        ]),
    ],
  ];
  test.each(damages)('that is %s gives back all that came before the damage, or LOG_DAMAGED', async (_, damage) => {
    const dir = newDir();
    const writer = otherProcess(['write', dir]);
    await writer.printed(500);
    await writer.kill();
    const wal = `${dir}/events.db-wal`;
    expect(statSync(wal).size).toBeGreaterThan(100_000);
    const sound = newDir();
    for (const file of ['events.db', 'events.db-wal']) copyFileSync(`${dir}/${file}`, `${sound}/${file}`);
    const all = await attempt(sound);
    if (all instanceof RollcallError) throw all;

    const damaged = damage(readFileSync(wal));
    if (damaged) writeFileSync(wal, damaged);
    else rmSync(wal);
    const outcome = await attempt(dir);
    if (outcome instanceof RollcallError) expect(isRollcallError(outcome, 'LOG_DAMAGED')).toBe(true);
    else expect(outcome).toEqual(all.slice(0, outcome.length));
  });

  test('index full of noise is made anew', async () => {
    const dir = newDir();
    const writer = otherProcess(['write', dir]);
    await writer.printed(500);
    await writer.kill();
    writeFileSync(`${dir}/events.db-shm`, randomFillSync(Buffer.alloc(32_768)));
    const all = await attempt(dir);
    if (all instanceof RollcallError) throw all;
    const streams = new Set(all.map(({ stream }) => stream));
    for (const stream of writer.lines.slice(1)) expect(streams).toContain(stream);
  });
});
