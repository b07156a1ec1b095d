import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { afterEach, expect, test } from 'vitest';
import { created, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';

const { newDir, open, close, cleanup } = logsUnderTest();
const mounts: string[] = [];
afterEach(async () => {
  await close();
  for (const mount of mounts.splice(0)) execFileSync('umount', [mount]);
  await cleanup();
});

/** Appends until there is no room; how many appends succeeded. */
const fill = async (log: EmbeddedLog, run: string): Promise<number> => {
  let succeeded = 0;
  for (let round = 0; round < 1_000; round += 1) {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        log.append(streamOf(`${run}.${round}.${index}`), 'none', [created('x'.repeat(500)), state(6)]),
      ),
    );
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    succeeded += outcomes.length - failures.length;
    for (const failure of failures) expect(failure).toSatisfy((error) => isRollcallError(error, 'LOG_FULL'));
    if (failures.length > 0) return succeeded;
  }
  throw new Error('The log never got full');
};

const expectWhole = async (log: EmbeddedLog, appends: number): Promise<void> => {
  const all = await collect(log.readAll(START));
  expect(all).toHaveLength(2 * appends);
  expect(await log.head()).toBe(all.at(-1)?.position);
};

test('a log that may not grow further says so, keeps all it acknowledged, and goes on once it may', async () => {
  const dir = newDir();
  const small = open(dir, { maxBytes: 400_000 });
  const succeeded = await fill(small, 'a');
  await expectWhole(small, succeeded);
  await small.close();
  const larger = open(dir);
  await expectWhole(larger, succeeded);
  await larger.append(streamOf('more'), 'none', [created(), state(6)]);
  await expectWhole(larger, succeeded + 1);
});

const canMount = (dir: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', dir], { stdio: 'ignore' });
    mounts.push(dir);
    return true;
  } catch {
    return false;
  }
};

test('a full disk fails appends with LOG_FULL; the same log goes on as soon as there is room', async (context) => {
  const dir = newDir();
  if (!canMount(dir)) return context.skip('mounting a small disk takes root');
  const ballast = join(dir, 'ballast');
  writeFileSync(ballast, Buffer.alloc(1_500_000));
  const log = open(dir);
  const first = await fill(log, 'a');
  await expectWhole(log, first);
  rmSync(ballast);
  const second = await fill(log, 'b');
  expect(second).toBeGreaterThan(100);
  await expectWhole(log, first + second);
  await log.close();
  await expectWhole(open(dir), first + second);
});

test('a disk that is full from the start is LOG_FULL, and leaves nothing half made', async (context) => {
  const dir = newDir();
  if (!canMount(dir)) return context.skip('mounting a small disk takes root');
  const ballast = join(dir, 'ballast');
  execFileSync('sh', ['-c', `cat /dev/zero > ${ballast} 2>/dev/null || true`]);
  expect(() => open(dir)).toThrow(expect.objectContaining({ code: 'LOG_FULL' }));
  rmSync(ballast);
  await open(dir).append(streamOf('1'), 'none', [created()]);
});
