import { systemWorld } from '@rollcall/clock';
import { digest } from '@rollcall/state-cache';
import { afterAll, expect, test } from 'vitest';
import { openDataDir } from '../../services/projector/src/data-dir.ts';
import { logWith, removeDirs } from './as-operator.ts';

afterAll(removeDirs);

test('an image that is saved while another is, by a rebuild and by the hundred thousandth event, say, is whole', async () => {
  const warnings: string[] = [];
  const dir = await openDataDir({
    data: await logWith(3_000),
    world: systemWorld,
    warn: (line) => void warnings.push(line),
  });
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 4 }, () => dir.saveImage()));
    const loaded = await dir.loadImage('channels');
    expect(warnings).toEqual([]);
    expect(loaded && digest(loaded)).toBe(digest(dir.cache));
  }
  await dir.close();
});
