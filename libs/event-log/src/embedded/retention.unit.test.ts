import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultRetention, planRetention } from './retention.ts';

const MIB = 1024 ** 2;
const now = 1_760_000_000_000;

/** A log of 1,000 streams of 1 MiB each, ten of them open, on a disk with room. */
const log = {
  events: 8_000,
  streams: 1_000,
  openStreams: 10,
  usedBytes: 1_000 * MIB,
  freeBytes: 0,
  disk: { bytes: 100_000 * MIB, freeBytes: 50_000 * MIB },
};

describe('what a log keeps', () => {
  test('is everything without a policy', () => {
    expect(planRetention({}, log, now)).toEqual({ endedBy: undefined, oldest: 0 });
  });

  test('by age is what ended since', () => {
    expect(planRetention({ maxAge: 60_000 }, log, now)).toEqual({ endedBy: now - 60_000, oldest: 0 });
  });

  test('by size is what fits', () => {
    expect(planRetention({ maxBytes: 1_000 * MIB }, log, now).oldest).toBe(0);
    expect(planRetention({ maxBytes: 900 * MIB }, log, now).oldest).toBe(100);
    expect(planRetention({ maxBytes: 899.5 * MIB }, log, now).oldest).toBe(101);
  });

  test('is everything that is open, even if it does not fit', () => {
    expect(planRetention({ maxBytes: 1 }, log, now).oldest).toBe(990);
    expect(planRetention({ maxBytes: 1 }, { ...log, streams: 10 }, now).oldest).toBe(0);
    expect(planRetention({ maxBytes: 1 }, { ...log, streams: 0, openStreams: 0, events: 0 }, now).oldest).toBe(0);
  });

  test('leaves the disk some room; room inside the file is room too', () => {
    const full = { ...log, disk: { bytes: 2_000 * MIB, freeBytes: 20 * MIB } };
    expect(planRetention({ keepFree: 100 * MIB }, full, now).oldest).toBe(80);
    expect(planRetention({ keepFree: 100 * MIB }, { ...full, freeBytes: 50 * MIB }, now).oldest).toBe(30);
    expect(planRetention({ keepFree: 100 * MIB }, { ...full, freeBytes: 80 * MIB }, now).oldest).toBe(0);
    expect(planRetention({ keepFree: 100 * MIB }, { ...full, disk: undefined }, now).oldest).toBe(0);
  });

  test('by several limits is what keeps to all of them', () => {
    const bytes = fc.integer({ min: 0, max: 2_000 }).map((size) => size * MIB);
    fc.assert(
      fc.property(bytes, bytes, bytes, (maxBytes, keepFree, free) => {
        const small = { ...log, disk: { bytes: 4_000 * MIB, freeBytes: free } };
        const both = planRetention({ maxBytes, keepFree }, small, now).oldest;
        const each = [{ maxBytes }, { keepFree }].map((policy) => planRetention(policy, small, now).oldest);
        expect(both).toBe(Math.max(...each));
      }),
    );
  });
});

describe('the default', () => {
  test.each([0.5, 4, 30, 500, 20_000])('is safe on a disk of %d GiB', (size) => {
    const disk = size * 1024 * MIB;
    const { maxAge, maxBytes = 0, keepFree = 0 } = defaultRetention(disk);
    expect(maxAge).toBe(30 * 24 * 3_600_000);
    expect(maxBytes).toBeLessThanOrEqual(disk / 4);
    expect(keepFree).toBeLessThanOrEqual(disk / 20);
    expect(Math.min(maxBytes, keepFree)).toBeGreaterThan(0);
  });

  test('has its limits also where the disk does not say how large it is', () => {
    expect(defaultRetention(undefined)).toMatchObject({ maxBytes: 8 * 1024 * MIB, keepFree: 256 * MIB });
  });
});
