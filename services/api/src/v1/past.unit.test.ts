import { type Cancel, systemWorld } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { cacheOf } from '../testing/served.ts';
import { createPast } from './past.ts';

/** Room for two. */
const room = () => {
  const timers = new Set<() => void>();
  const after = (_ms: number, task: () => void): Cancel => {
    timers.add(task);
    return () => timers.delete(task);
  };
  const scheduler = { ...systemWorld.scheduler, after };
  const past = createPast({ clock: systemWorld.clock, scheduler, cache: cacheOf([], []) }, 8 * 1024 * 1024);
  const entered: string[] = [];
  const dropped: string[] = [];
  const enter = async (name: string) => {
    const place = await past.enter(() => {
      dropped.push(name);
      place.leave();
    });
    entered.push(name);
    return place;
  };
  const passTime = async (): Promise<void> => {
    for (const task of [...timers]) if (timers.delete(task)) task();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { enter, entered, dropped, passTime, timers };
};

test('few have the past folded at a time, the others wait for a place', async () => {
  const { enter, entered, timers } = room();
  const [first, second] = await Promise.all([enter('a'), enter('b')]);
  const [third, fourth] = [enter('c'), enter('d')];
  await new Promise((resolve) => setImmediate(resolve));
  expect(entered).toEqual(['a', 'b']);
  first.leave();
  first.leave();
  const last = await third;
  expect(entered).toEqual(['a', 'b', 'c']);
  for (const one of [second, last]) one.leave();
  (await fourth).leave();
  expect(timers.size).toBe(0);
});

test('who does not read what he was given is dropped while others wait, and not before', async () => {
  const { enter, entered, dropped, passTime } = room();
  const [unread, reads] = await Promise.all([enter('unread'), enter('reads')]);
  unread.given();
  reads.given();
  await passTime();
  expect(dropped).toEqual([]);
  const third = enter('third');
  // Whoever asks for more in time begins anew.
  reads.asks();
  reads.given();
  reads.asks();
  await passTime();
  expect(dropped).toEqual(['unread']);
  await third;
  expect(entered).toEqual(['unread', 'reads', 'third']);
});

test('who waits for what is yet to come gives his place to the next', async () => {
  const { enter, dropped, passTime } = room();
  const [first] = await Promise.all([enter('a'), enter('b')]);
  const third = enter('c');
  first.asks();
  await passTime();
  await third;
  expect(dropped).toEqual([]);
});
