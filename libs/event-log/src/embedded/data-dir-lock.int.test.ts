import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemWorld } from '@rollcall/clock';
import { afterEach, expect, test } from 'vitest';
import { created, streamOf } from '../../../../test/contract/event-log.events.ts';
import { type DataDirLock, lockDataDir } from './data-dir-lock.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
const locks: DataDirLock[] = [];
afterEach(async () => {
  for (const lock of locks.splice(0)) lock.release();
  await cleanup();
});

const lock = (dir: string): DataDirLock => {
  const held = lockDataDir(dir, systemWorld.clock);
  locks.push(held);
  return held;
};

test('a second process is refused and told of the first; after kill -9 the directory is free', async () => {
  const dir = newDir();
  const holder = otherProcess(['lock', dir]);
  await holder.printed(1);
  expect(holder.lines).toEqual(['ready']);
  const refusal = expect.objectContaining({
    code: 'DATA_DIR_IN_USE',
    message: expect.stringMatching(new RegExp(`process ${holder.pid} \\(.*log-process.ts lock\\) since \\d{4}-.*Z`)),
  });
  expect(() => lock(dir)).toThrow(refusal);
  expect(() => open(dir)).toThrow(refusal);
  await holder.kill();
  lock(dir);
});

test('within one process too only one holds it, until it is released', () => {
  const dir = newDir();
  const first = lock(dir);
  expect(() => lock(dir)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
  expect(() => lock(dir)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
  first.release();
  first.release();
  lock(dir);
});

test('a log that is opened twice for writing is refused; under a lock already held, or for reading, it is not', async () => {
  const dir = newDir();
  const log = open(dir);
  expect(() => open(dir)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
  open(dir, { mode: 'read' });
  await log.close();
  const held = lock(dir);
  const again = open(dir, { lock: held });
  await again.append(streamOf('1'), 'none', [created()]);
  await again.close();
  expect(() => open(dir)).toThrow(expect.objectContaining({ code: 'DATA_DIR_IN_USE' }));
});

test('a refused log leaves the lock to others', () => {
  const dir = newDir();
  writeFileSync(join(dir, 'events.db'), 'not a log');
  expect(() => open(dir)).toThrow(expect.objectContaining({ code: 'LOG_DAMAGED' }));
  lock(dir);
});

test('the directory is made, for its own user only', () => {
  const dir = join(newDir(), 'new', 'data');
  lock(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(dir)) expect(statSync(join(dir, file)).mode & 0o077).toBe(0);
});

test('what is not a directory, or holds another "lock" file, is DATA_DIR_INVALID', () => {
  const dir = newDir();
  writeFileSync(join(dir, 'file'), '');
  expect(() => lock(join(dir, 'file'))).toThrow(expect.objectContaining({ code: 'DATA_DIR_INVALID' }));
  expect(() => lock(join(dir, 'file', 'below'))).toThrow(expect.objectContaining({ code: 'DATA_DIR_INVALID' }));
  writeFileSync(join(dir, 'lock'), 'somebody else keeps this here, more than a page of it '.repeat(100));
  expect(() => lock(dir)).toThrow(expect.objectContaining({ code: 'DATA_DIR_INVALID' }));
});

test('a directory that cannot be written is DATA_DIR_READ_ONLY, whether it has a log or not', async () => {
  const parent = newDir();
  chmodSync(parent, 0o755);
  const [empty, used] = [join(parent, 'empty'), join(parent, 'used')];
  for (const dir of [empty, used]) mkdirSync(dir);
  await open(used).close();
  const root = process.getuid?.() === 0;
  for (const dir of [empty, used]) {
    for (const file of readdirSync(dir)) {
      chmodSync(join(dir, file), 0o444);
      if (root) chownSync(join(dir, file), 65_534, 65_534);
    }
    if (root) chownSync(dir, 65_534, 65_534);
    chmodSync(dir, 0o555);
    const opener = otherProcess(['open-to-write', dir], { unprivileged: true });
    await opener.ended;
    expect(opener.lines).toEqual(['DATA_DIR_READ_ONLY']);
    chmodSync(dir, 0o755);
  }
});
