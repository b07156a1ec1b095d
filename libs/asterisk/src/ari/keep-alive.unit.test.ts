import { EventEmitter } from 'node:events';
import type { Scheduler } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { keepAlive } from './keep-alive.ts';

const setUp = () => {
  let now = 0;
  let timers: { at: number; task: () => void }[] = [];
  const scheduler: Scheduler = {
    after: (ms, task) => {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    sleep: () => Promise.reject(new Error('not used')),
  };
  const pass = (ms: number) => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { task } of due) task();
  };
  const said: string[] = [];
  const socket = Object.assign(new EventEmitter(), { ping: () => said.push('ping') });
  const stop = keepAlive(socket, scheduler, { every: 15_000, deadline: 10_000 }, (why) => said.push(why));
  return { socket, said, pass, stop, timers: () => timers.length };
};

test.each(['pong', 'message'])('a peer that answers with a %s lives on, and is asked again', (heard) => {
  const { socket, said, pass } = setUp();
  for (let round = 1; round <= 3; round++) {
    pass(15_000);
    socket.emit(heard);
    pass(10_000);
    expect(said).toEqual(Array(round).fill('ping'));
  }
});

test('what was heard before the ping is no answer to it', () => {
  const { socket, said, pass, timers } = setUp();
  socket.emit('message');
  pass(15_000);
  pass(9_999);
  expect(said).toEqual(['ping']);
  pass(1);
  expect(said).toEqual(['ping', 'it did not answer a ping within 10 s']);
  expect(timers()).toBe(0);
});

test('once stopped it asks no more', () => {
  const { said, pass, stop } = setUp();
  pass(15_000);
  stop();
  pass(60_000);
  expect(said).toEqual(['ping']);
});
