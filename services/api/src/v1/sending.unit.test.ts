import { once } from 'node:events';
import { systemWorld } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { createSending } from './sending.ts';

const pieces = function* () {
  for (let piece = 0; piece < 10; piece++) yield 'x'.repeat(64 * 1024);
};

test('a list that is not read is broken off where too much is held, and not one that is read', async () => {
  const { body } = createSending({ clock: systemWorld.clock }, 250);
  const [unread, read] = [body(pieces(), 100), body(pieces(), 100)];
  await once(read.resume(), 'close');
  const [second, third] = [body(pieces(), 100), body(pieces(), 100)];
  await once(unread, 'close');
  expect([unread, second, third].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
});

test('one that is being read is broken off after one that waits for longer, though it began before', async () => {
  const { body } = createSending({ clock: systemWorld.clock }, 250);
  const [first, second] = [body(pieces(), 100), body(pieces(), 100)];
  await once(first, 'readable');
  first.read();
  await once(first, 'readable');
  body(pieces(), 100);
  expect([first.destroyed, second.destroyed]).toEqual([false, true]);
});

test('long lists are made one after the other, with others in between', async () => {
  const { inTurn } = createSending(systemWorld);
  let others = 0;
  const count = (): void => {
    others++;
    if (others < 1_000) setImmediate(count);
  };
  setImmediate(count);
  const make = (): number => {
    // Longer than a turn is.
    for (const end = performance.now() + 11; performance.now() < end; );
    return others;
  };
  const seen = await Promise.all([1, 2, 3].map(() => inTurn(100_000, make)));
  others = 1_000;
  expect(new Set(seen).size).toBe(3);
});

test('a list that could not be made keeps no other waiting', async () => {
  const { inTurn } = createSending(systemWorld);
  const failing = inTurn(100_000, () => {
    throw new Error('away');
  });
  await expect(failing).rejects.toThrow('away');
  expect(await inTurn(100_000, () => 'made')).toBe('made');
});

test('a list that nobody takes keeps no other waiting', async () => {
  const { inTurn } = createSending(systemWorld);
  void inTurn(100_000, () => new Promise(() => {}));
  expect(await inTurn(100_000, () => 'made')).toBe('made');
});

test('a body has all pieces, also the one list that alone is too long', async () => {
  const { body } = createSending({ clock: systemWorld.clock }, 5);
  let length = 0;
  for await (const chunk of body(pieces(), 100)) length += String(chunk).length;
  expect(length).toBe(10 * 64 * 1024);
});
