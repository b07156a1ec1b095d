import { systemWorld } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

/** A clock that each piece of work moves on. */
const working = () => {
  let at = 0;
  let rests = 0;
  const clock = { monotonic: () => at };
  const scheduler = {
    sleep: async () => {
      rests++;
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
  const work = (ms: number) => (): number => {
    at += ms;
    return rests;
  };
  return { turn: createTurns({ clock, scheduler }), work };
};

test('what takes long is done one piece after the other in the order of asking, with a rest for all others between any two', async () => {
  const { turn, work } = working();
  expect(await Promise.all(Array.from({ length: 20 }, () => turn(work(100))))).toEqual([...Array(20).keys()]);
});

test('short pieces of all together take no longer than a turn', async () => {
  const { turn, work } = working();
  const rests = await Promise.all(Array.from({ length: 20 }, () => turn(work(2))));
  expect(rests).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
});

test('one who asks again and again takes no longer than a turn either', async () => {
  const { turn, work } = working();
  let rests = 0;
  for (let pieces = 0; pieces < 50; pieces++) rests = await turn(work(2));
  expect(rests).toBe(9);
});

test('a piece that lasts is over before the next begins, and one that fails keeps no other waiting', async () => {
  const turn = createTurns(systemWorld);
  const done: string[] = [];
  const lasting = turn(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push('lasting');
  });
  const failing = turn(() => {
    throw new Error('away');
  });
  const last = turn(() => void done.push('last'));
  await expect(failing).rejects.toThrow('away');
  await Promise.all([lasting, last]);
  expect(done).toEqual(['lasting', 'last']);
});
