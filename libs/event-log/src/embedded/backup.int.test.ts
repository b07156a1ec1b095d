import { copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { START } from '@rollcall/channel';
import { afterEach, expect, test, vi } from 'vitest';
import { created, destroyed, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { findings } from './testing/findings.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

const fill = (log: EmbeddedLog, name: string, count: number): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      log.append(streamOf(`${name}-${index}`), 'none', [created('x'.repeat(300)), destroyed()]),
    ),
  );

test('a backup is the log of that moment, in a file of its own', async () => {
  const dir = newDir();
  const log = open(dir);
  await fill(log, 'a', 500);
  const to = join(newDir(), 'events.db');
  const before = await collect(log.readAll(START));
  let last = { bytes: 0, total: 0 };
  const { bytes } = await log.backup({
    to,
    progress: (now) => {
      last = now;
    },
  });
  await fill(log, 'b', 10);
  expect(last).toEqual({ bytes, total: bytes });
  expect(readdirSync(join(to, '..'))).toEqual(['events.db']);
  expect(statSync(to)).toMatchObject({ size: bytes, mode: 0o100600 });
  const copy = open(join(to, '..'));
  expect(copy.id).toBe(log.id);
  expect(await collect(copy.readAll(START))).toEqual(before);
  expect(await findings(copy, { structure: true })).toEqual([]);
  await fill(copy, 'c', 10);
});

test.each([
  ['this process', 'write'],
  ['another process', 'read'],
] as const)('is whole while %s appends without pause, and comes to an end', { timeout: 60_000 }, async (_, mode) => {
  const dir = newDir();
  const target = newDir();
  const writer = mode === 'read' ? otherProcess(['write', dir]) : undefined;
  await writer?.printed(3_000);
  const log = open(dir, { mode });
  let appending = mode === 'write';
  if (mode === 'write') await fill(log, 'first', 5_000);
  const appended = (async () => {
    for (let round = 0; appending; round += 1) await fill(log, `${round}`, 20);
  })();
  const head = await log.head();
  const steps: number[] = [];
  const progress = ({ bytes }: { bytes: number }): void => {
    steps.push(bytes);
  };
  await log.backup({ to: join(target, 'events.db'), progress });
  appending = false;
  await appended;
  // Another process may not have been given a moment since: it goes on all the same.
  await vi.waitFor(async () => expect(await log.head()).toBeGreaterThan(head), { timeout: 30_000 });
  await writer?.kill();
  // It never began anew.
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  expect(steps.length).toBeGreaterThan(2);
  const copy = open(target);
  const all = await collect(log.readAll(START, await copy.head()));
  expect(await copy.head()).toBeGreaterThanOrEqual(head);
  expect((await collect(copy.readAll(START))).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  expect(await findings(copy, { structure: true })).toEqual([]);
});

test('that is stopped leaves nothing, and says so', async () => {
  const log = open(newDir());
  await fill(log, 'a', 3_000);
  const target = newDir();
  const controller = new AbortController();
  const progress = (): void => controller.abort();
  await expect(
    log.backup({ to: join(target, 'events.db'), signal: controller.signal, progress }),
  ).rejects.toMatchObject({ code: 'BACKUP_STOPPED' });
  expect(readdirSync(target)).toEqual([]);
  await expect(log.backup({ to: join(target, 'events.db'), signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'BACKUP_STOPPED',
  });
  expect(readdirSync(target)).toEqual([]);
});

test('is not made over another file, nor in a directory that is not there', async () => {
  const log = open(newDir());
  const dir = newDir();
  writeFileSync(join(dir, 'taken'), 'precious');
  await expect(log.backup({ to: join(dir, 'taken') })).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  await expect(log.backup({ to: join(dir, 'none', 'x.db') })).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
  expect(readdirSync(dir)).toEqual(['taken']);
});

test('begins afresh where one was killed', async () => {
  const log = open(newDir());
  await fill(log, 'a', 100);
  const dir = newDir();
  const to = join(dir, 'events.db');
  copyFileSync(log.path, `${to}.unfinished`);
  writeFileSync(`${to}.unfinished-journal`, 'left behind');
  await log.backup({ to });
  expect(readdirSync(dir)).toEqual(['events.db']);
  expect(await findings(open(dir))).toEqual([]);
});
