import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Sharer, shareOut } from './share-out.ts';

const sharers = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1 }), owned: fc.uniqueArray(fc.nat({ max: 20 })) }),
  { minLength: 1, maxLength: 6, selector: ({ id }) => id },
);

test('every partition has one member, and no member two more than another', () => {
  fc.assert(
    fc.property(fc.nat({ max: 16 }), sharers, (count, members) => {
      const partitions = Array.from({ length: count }, (_, number) => number);
      const shares = [...shareOut(partitions, members).values()];
      expect(shares.flat().sort((a, b) => a - b)).toEqual(partitions);
      const sizes = shares.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('what is shared out again stays where it is', () => {
  fc.assert(
    fc.property(fc.nat({ max: 16 }), sharers, (count, members) => {
      const partitions = Array.from({ length: count }, (_, number) => number);
      const shares = shareOut(partitions, members);
      const after = shareOut(
        partitions,
        members.map(({ id }) => ({ id, owned: shares.get(id) ?? [] })),
      );
      for (const { id } of members) expect(after.get(id)?.sort()).toEqual(shares.get(id)?.sort());
    }),
  );
});

test('a newcomer takes no more than it has to, and what a dead member had goes to the others', () => {
  const owned = (id: string, ...owned: number[]): Sharer => ({ id, owned });
  const three = shareOut([0, 1, 2, 3, 4, 5], [owned('a', 0, 1, 2), owned('b', 3, 4, 5), owned('c')]);
  expect(three).toEqual(
    new Map([
      ['a', [0, 1]],
      ['b', [3, 4]],
      ['c', [2, 5]],
    ]),
  );
  const two = shareOut([0, 1, 2, 3, 4, 5], [owned('b', 3, 4), owned('c', 2, 5)]);
  expect(two.get('b')).toEqual([3, 4, 0]);
  expect(two.get('c')).toEqual([2, 5, 1]);
});
