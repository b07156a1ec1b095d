import { describe, expect, test } from 'vitest';
import { ageOf, type Copy, coveredPosition, createCopy, isCovered, noteRead } from './copy.ts';

const at = (ms: number, asleep = 0) => ({ monotonic: ms - asleep, wall: 1_700_000_000_000 + ms });

const copyAt = (places: [number, number][], now = at(1_000)): Copy =>
  createCopy(
    new Map([
      ['channels', new Map(places)],
      ['status', new Map([[0, 0]])],
    ]),
    now,
  );

const say = (copy: Copy, key: string, position: number, offsets: Record<string, number>): void =>
  void copy.status.take({ is: 'checkpoint', key, log: 'log-1', checkpoint: { position, offsets } });

const batch = (topic: string, partition: number, next: number, end: number) => ({
  topic,
  partition,
  next,
  end,
  records: [],
});

describe('a checkpoint', () => {
  test('counts once everything that it covers has been read, since it comes on another topic', () => {
    const copy = copyAt([
      [0, 5],
      [1, 2],
    ]);
    expect(coveredPosition(copy, 'channels')).toBeUndefined();
    say(copy, 'checkpoint', 90, { 0: 5, 1: 3 });
    expect(coveredPosition(copy, 'channels')).toBeUndefined();
    copy.places.get('channels')?.set(1, 3);
    expect(coveredPosition(copy, 'channels')).toBe(90);
  });

  test('of one partition’s publisher is its own', () => {
    const copy = copyAt([
      [0, 5],
      [1, 2],
    ]);
    say(copy, 'checkpoint/1', 40, { 1: 2 });
    expect(coveredPosition(copy, 'channels', 1)).toBe(40);
    expect(coveredPosition(copy, 'channels', 0)).toBeUndefined();
    expect(coveredPosition(copy, 'channels')).toBeUndefined();
  });
});

describe('a copy is covered', () => {
  test.each([
    ['by one checkpoint for all', { checkpoint: { 0: 5, 1: 2 } }, true],
    ['by one for each partition', { 'checkpoint/0': { 0: 5 }, 'checkpoint/1': { 1: 0 } }, true],
    ['not where nobody said anything', {}, false],
    ['not where a partition is left out', { 'checkpoint/0': { 0: 5 } }, false],
    ['not where a topic that was made again is not as long as it was', { checkpoint: { 0: 6, 1: 2 } }, false],
  ] as [string, Record<string, Record<string, number>>, boolean][])('%s', (_, said, covered) => {
    const copy = copyAt([
      [0, 5],
      [1, 2],
    ]);
    for (const [key, offsets] of Object.entries(said)) say(copy, key, 90, offsets);
    expect(isCovered(copy, 'channels')).toBe(covered);
  });
});

describe('the age of a copy', () => {
  const complete = (copy: Copy, ms: number): void => {
    for (const [topic, partition] of [
      ['channels', 0],
      ['channels', 1],
      ['status', 0],
    ] as const) {
      noteRead(copy, batch(topic, partition, 9, 9), at(ms));
    }
  };
  const places: [number, number][] = [
    [0, 0],
    [1, 0],
  ];

  test('counts from when it was begun, until nothing was left to read', () => {
    const copy = copyAt(places);
    expect(ageOf(copy, at(4_000))).toBe(3_000);
    complete(copy, 5_000);
    expect(ageOf(copy, at(6_000))).toBe(1_000);
    noteRead(copy, batch('channels', 0, 10, 12), at(6_000));
    expect(ageOf(copy, at(6_500))).toBe(1_500);
  });

  test('is that of the partition that was not complete for the longest time', () => {
    const copy = copyAt(places);
    complete(copy, 5_000);
    noteRead(copy, batch('channels', 0, 10, 10), at(9_000));
    expect(ageOf(copy, at(9_000))).toBe(4_000);
  });

  test('counts the time for which the machine slept, and for which the clock was set back', () => {
    const copy = copyAt(places);
    complete(copy, 5_000);
    expect(ageOf(copy, at(90_000, 84_000))).toBe(85_000);
    expect(ageOf(copy, { ...at(90_000), wall: 0 })).toBe(85_000);
  });
});
