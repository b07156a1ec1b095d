import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { position, type RecordedEvent, START } from '@rollcall/channel';
import { createCounters, project } from '@rollcall/projector';
import { createMemoryCache, digest, readImage, writeImage } from '@rollcall/state-cache';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { histories, logOf } from '../support/history.ts';

let dir: string;
let path: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-image-'));
  path = join(dir, 'channels.image');
});
afterAll(() => rmSync(dir, { recursive: true }));

const cacheOf = async (events: RecordedEvent[]) => {
  const cache = createMemoryCache();
  await project(logOf(events), cache, events, createCounters());
  return cache;
};
const someHistory = async () => {
  const [events = []] = fc.sample(
    histories.filter((all) => all.length > 40),
    1,
  );
  const cache = await cacheOf(events);
  await writeImage(path, cache, 'log-1');
  return cache;
};
const log = { id: 'log-1', head: position(1_000), compactedTo: START };

describe('an image', () => {
  test('gives back the cache, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (events) => {
        const cache = await cacheOf(events);
        await writeImage(path, cache, 'log-1');
        const back = createMemoryCache();
        const image = await readImage(path, log);
        if (image) back.commit(image);
        expect(digest(back)).toBe(digest(cache));
      }),
      { numRuns: 50 },
    );
  });
  test('that is not there is no error', async () => {
    expect(await readImage(join(dir, 'none'), log)).toBeUndefined();
  });
  test('is refused with any one byte changed, and wherever it is cut', async () => {
    await someHistory();
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1 + Math.floor(whole.length / 200)) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8((whole[at] ?? 0) ^ 1, at);
      writeFileSync(path, flipped);
      await expect(readImage(path, log), `byte ${at}`).rejects.toMatchObject({ code: 'IMAGE_REFUSED' });
      writeFileSync(path, whole.subarray(0, at));
      await expect(readImage(path, log), `cut at ${at}`).rejects.toMatchObject({ code: 'IMAGE_REFUSED' });
    }
  });
  test('of another log, or beyond the end of this one, is refused', async () => {
    const cache = await someHistory();
    await expect(readImage(path, { ...log, id: 'log-2' })).rejects.toMatchObject({
      message: expect.stringContaining('another log'),
    });
    const shorter = { ...log, head: position(cache.checkpoint - 1) };
    await expect(readImage(path, shorter)).rejects.toMatchObject({ message: expect.stringContaining('beyond') });
  });
  test('of a position from which the log can no longer be read on is refused', async () => {
    const { checkpoint } = await someHistory();
    expect(await readImage(path, { ...log, compactedTo: checkpoint })).toBeDefined();
    const compacted = { ...log, compactedTo: position(checkpoint + 1) };
    await expect(readImage(path, compacted)).rejects.toMatchObject({ message: expect.stringContaining('dropped') });
  });
});
