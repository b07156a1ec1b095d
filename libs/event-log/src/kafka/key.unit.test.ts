import { channelStream, pbxStream } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { keyOf, partitioning } from './key.ts';

describe('a stream’s place', () => {
  test('its key is the channel’s id and its PBX, whatever the boot; that of a PBX is its name', () => {
    expect(keyOf(channelStream('pbx-a', 7, '1760000000.12'))).toBe('pbx-a/1760000000.12');
    expect(keyOf(channelStream('pbx-a', 8, 'id/with/slashes'))).toBe('pbx-a/id/with/slashes');
    expect(keyOf(pbxStream('pbx-a'))).toBe('pbx/pbx-a');
  });

  // The values of murmur2 that Kafka's own Java client is tested with.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('is where Kafka’s own clients put the key %s', (key, hash) => {
    for (const partitions of [1, 2, 3, 8, 12, 100]) {
      expect(partitioning(partitions)(key)).toBe((hash & 0x7fffffff) % partitions);
    }
  });

  test('is one of the partitions, and all of them are used', () => {
    const place = partitioning(8);
    const places = Array.from({ length: 2_000 }, (_, index) => place(channelStream('pbx-ü', 1, `17600000.${index}`)));
    expect(new Set(places)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });
});
