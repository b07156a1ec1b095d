import { expect, test } from 'vitest';
import { createBehind } from './behind.ts';

test('one alone may be so far behind', () => {
  const { isTooFar } = createBehind(100, 1_000);
  expect([0, 100, 101].map((bufferedAmount) => isTooFar({ bufferedAmount }))).toEqual([false, false, true]);
});

test('of many who do not read none may be so far behind; who reads stays', () => {
  const { isTooFar, left } = createBehind(100, 300);
  const idle = Array.from({ length: 9 }, () => ({ bufferedAmount: 0 }));
  const reading = { bufferedAmount: 0 };
  const all = [...idle, reading];
  expect(all.some(isTooFar)).toBe(false);
  for (const socket of idle) socket.bufferedAmount = 40;
  const dropped = all.filter(isTooFar);
  expect(dropped).toHaveLength(2);
  expect(dropped).not.toContain(reading);
  for (const socket of dropped) left(socket);
  expect(all.filter((socket) => !dropped.includes(socket)).some(isTooFar)).toBe(false);
});
