import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

const paced = () => {
  let now = 1_000;
  const pace = createPace({ now: () => 0, monotonic: () => now });
  return (at: number, phase: string, position: number, events: number) => {
    now = 1_000 + at;
    return pace({ phase, position, target: 1_000, events });
  };
};

test('the first report comes at once, with its speed since the beginning and no guess at the time left', () => {
  expect(paced()(10, 'reading', 100, 100)).toEqual({
    phase: 'reading',
    position: 100,
    target: 1_000,
    events: 100,
    eventsPerSecond: 10_000,
    secondsLeft: undefined,
  });
});

test('five reports a second at most, and the speed is that of the whole phase', () => {
  const at = paced();
  at(0, 'reading', 0, 0);
  expect(at(199, 'reading', 50, 50)).toBeUndefined();
  expect(at(200, 'reading', 50, 50)).toMatchObject({ eventsPerSecond: 250, secondsLeft: 4 });
  expect(at(399, 'reading', 60, 60)).toBeUndefined();
  expect(at(1_000, 'reading', 500, 500)).toMatchObject({ eventsPerSecond: 500, secondsLeft: 1 });
});

test('a phase begins with a report, and with speeds of its own', () => {
  const at = paced();
  at(0, 'reading', 0, 0);
  at(1_000, 'reading', 1_000, 9_000);
  expect(at(1_001, 'verifying', 0, 9_000)).toMatchObject({ eventsPerSecond: 0 });
  expect(at(2_000, 'verifying', 500, 10_000)).toMatchObject({ eventsPerSecond: 1_000, secondsLeft: 1 });
});

test('what goes on from the middle has its time left by its own speed', () => {
  const at = paced();
  at(0, 'reading', 900, 0);
  expect(at(1_000, 'reading', 950, 50)).toMatchObject({ eventsPerSecond: 50, secondsLeft: 1 });
});
