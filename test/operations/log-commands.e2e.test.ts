import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall } from '../support/rollcall-process.ts';
import { ADDED, inPipe, logWith, newDir, type Ran, removeDirs } from './as-operator.ts';

const EVENTS = 20_000;

let data: string;
let running: RollcallProcess | undefined;
beforeAll(async () => {
  data = await logWith(EVENTS);
});
afterAll(removeDirs);
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const log = (...args: string[]): Promise<Ran> => inPipe(['log', ...args]);
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('log stats: what is there, for people and for programs', async () => {
  const { code, out, err } = await log('stats', '--data', data, '--json', '--types');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const [stats] = linesOf(out);
  expect(stats).toMatchObject({ events: EVENTS + ADDED, compactedTo: 0, format: 2 });
  const counted = Object.values<number>(stats.byType);
  expect(counted.reduce((sum, one) => sum + one)).toBe(stats.events);
  expect((await log('stats', '--data', data)).out).toContain((EVENTS + ADDED).toLocaleString('en'));
});

describe('log tail', () => {
  test('the last events, as many as were asked for', async () => {
    const all = linesOf((await log('tail', '--data', data, '--json', '-n', '100000')).out);
    expect(all).toHaveLength(EVENTS + ADDED);
    expect(all.map(({ position }) => position)).toEqual(all.map((_, index) => index + 1));
    const seven = await log('tail', '--data', data, '--json', '-n', '7');
    expect(linesOf(seven.out)).toEqual(all.slice(-7));
    expect((await log('tail', '--data', data, '-n', '0')).out).toBe('');
    const text = (await log('tail', '--data', data)).out.trimEnd().split('\n');
    expect(text).toHaveLength(20);
    expect(text.at(-1)).toMatch(/^#20006 .* ami +pbx\/pbx-a rev 2 {2}PbxDisconnected/);
  });

  test('--follow prints what is written from then on, until it is interrupted', async () => {
    const dir = await logWith(10);
    const writer = openEmbeddedLog({ dir, world: systemWorld });
    let wrote = false;
    const { code, out } = await inPipe(['log', 'tail', '--data', dir, '-n', '1', '--follow'], {
      printed: (text, child) => {
        if (text.includes('after the beginning')) child.kill('SIGINT');
        else if (!wrote && text.includes('\n')) {
          wrote = true;
          const event = {
            id: crypto.randomUUID(),
            time: 1,
            pbx: 'pbx-a',
            boot: 3,
            source: 'ami',
            schema: SCHEMA_VERSION,
          } as const;
          void writer.append(pbxStream('pbx-a'), revision(2), [
            { ...event, type: 'PbxDisconnected', data: { reason: 'after the beginning' } },
          ]);
        }
      },
    });
    await writer.close();
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  test('a number that is none is refused', async () => {
    expect(await log('tail', '--data', data, '-n', 'many')).toMatchObject({ code: 2, out: '' });
  });
});

describe('log export and log import', () => {
  test('the same log again, byte for byte, plain and compressed', async () => {
    const { out } = await log('export', '--data', data);
    const file = join(newDir(), 'log.ndjson.gz');
    expect(await log('export', file, '--data', data)).toMatchObject({ code: 0, out: '' });
    expect(gunzipSync(readFileSync(file)).toString()).toBe(out);
    const copy = newDir();
    expect(await log('import', file, '--data', copy)).toMatchObject({ code: 0, err: '' });
    expect((await log('export', '--data', copy)).out).toBe(out);
    expect(await log('export', file, '--data', data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('FILE_EXISTS'),
    });
  });

  test('an import that came to no end says so, and goes on when it is run again', async () => {
    const { out } = await log('export', '--data', data);
    const dir = newDir();
    const half = join(dir, 'half.ndjson');
    const whole = join(dir, 'whole.ndjson');
    const lines = out.split('\n');
    writeFileSync(half, `${lines.slice(0, lines.length / 2).join('\n')}\n`);
    writeFileSync(whole, out);
    const copy = newDir();
    expect(await log('import', half, '--data', copy)).toMatchObject({ code: 1, err: expect.stringContaining('again') });
    const again = await log('import', whole, '--data', copy, '--json');
    expect(again.code).toBe(0);
    const [{ events, written, complete }] = linesOf(again.out);
    expect({ events, complete }).toEqual({ events: EVENTS + ADDED, complete: true });
    expect(written).toBeLessThan(events);
    expect((await log('export', '--data', copy)).out).toBe(out);
  });

  test('a line that is wrong is named, and what was good before it stays', async () => {
    const { out } = await log('export', '--data', data);
    const file = join(newDir(), 'wrong.ndjson');
    const lines = out.split('\n');
    lines[5_000] = lines[5_000]?.replace('"revision":', '"revision":"x') ?? '';
    writeFileSync(file, lines.join('\n'));
    const copy = newDir();
    expect(await log('import', file, '--data', copy)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/IMPORT_INVALID.*5001/),
    });
    expect(linesOf((await log('stats', '--data', copy, '--json')).out)[0].events).toBeGreaterThan(4_000);
  });
});

test('log backup: while Rollcall runs, whole and sound', async () => {
  const dir = newDir();
  running = await startRollcall({ data: dir, pbxs: {} });
  const copy = newDir();
  expect(await log('backup', join(copy, 'events.db'), '--data', dir)).toMatchObject({ code: 0, err: '' });
  expect(await inPipe(['verify', '--data', copy])).toMatchObject({ code: 0 });
  expect(await log('backup', join(copy, 'events.db'), '--data', dir)).toMatchObject({
    code: 2,
    err: expect.stringContaining('BACKUP_EXISTS'),
  });
});

test('log compact: what is over is gone, the list is the same, and the past that is gone is refused', async () => {
  const dir = newDir();
  const exported = join(newDir(), 'log.ndjson');
  await log('export', exported, '--data', data);
  await log('import', exported, '--data', dir);
  running = await startRollcall({ data: dir, pbxs: { none: 'ami://u:s@127.0.0.1:1' } });
  const before = await running.list();

  const { code, out } = await log('compact', '--older-than', '0s', '--data', dir);
  expect(code).toBe(0);
  expect(out).toMatch(/The list is the same before and after/);
  expect((await running.list()).channels).toEqual(before.channels);
  const [stats] = linesOf((await log('stats', '--data', dir, '--json')).out);
  expect(stats.streams).toBe(stats.openStreams);
  expect(stats.events).toBeLessThan(EVENTS);
  expect(await inPipe(['verify', '--data', dir])).toMatchObject({ code: 0 });
  expect(await inPipe(['channels', '--at', '5000', '--data', dir])).toMatchObject({
    code: 2,
    err: expect.stringContaining('AT_COMPACTED'),
  });
  expect(await log('compact', '--older-than', 'soon', '--data', dir)).toMatchObject({ code: 2 });

  await running.stop();
  running = await startRollcall({ data: dir, pbxs: { none: 'ami://u:s@127.0.0.1:1' } });
  expect((await running.list()).channels).toEqual(before.channels);
});
