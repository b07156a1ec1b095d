import fc from 'fast-check';
import { expect, test } from 'vitest';
import { channelKey, parseKey, partitioning } from './partition.ts';

/** What murmur2 of Kafka's own Java client gives; from its tests. */
const MURMUR2: [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test.each(MURMUR2)('the partition of %s is the one that the Java client chooses', (key, hash) => {
  for (const partitions of [1, 2, 3, 6, 7, 12, 100]) {
    expect(partitioning(partitions)(key)).toBe((hash & 0x7fffffff) % partitions);
  }
});

test('a key gives back the PBX and the uniqueid, slashes in the uniqueid and all', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('/'));
  fc.assert(
    fc.property(name, fc.string({ minLength: 1 }), (pbx, uniqueid) => {
      expect(parseKey(channelKey(pbx, uniqueid))).toEqual({ pbx, uniqueid });
    }),
  );
});

test.each(['', '/', 'pbx-a', 'pbx-a/', '/7.1'])('%j is no key of a channel', (key) => {
  expect(parseKey(key)).toBeUndefined();
});
