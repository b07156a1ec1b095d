import { type Position, position } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { createReach } from './reach.ts';

test('however many wait for a position, one timer serves them', async () => {
  const cache: { checkpoint: Position } = { checkpoint: position(1) };
  let timers = 0;
  const sleep = async (): Promise<void> => {
    timers++;
    if (timers === 3) cache.checkpoint = position(2);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const { clock } = systemWorld;
  const reach = createReach({ clock, scheduler: { sleep, after: () => () => {} } });
  const asker = { destroyed: false };
  await Promise.all(Array.from({ length: 1_000 }, () => reach(cache, 2, 60_000, asker)));
  expect(timers).toBe(3);
});
