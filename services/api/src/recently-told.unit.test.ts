import { position } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRecentlyTold } from './recently-told.ts';

const told = (at: number, text = ''): Told => ({ event: { position: at, data: { text } } }) as unknown as Told;
const positions = (batches: readonly (readonly Told[])[] | undefined) =>
  batches?.flat().map(({ event }) => event.position);

describe('what was told last', () => {
  test('is kept up to so many events and bytes, and given after a position exactly or not at all', () => {
    const added = fc.array(fc.array(fc.record({ gap: fc.integer({ min: 1, max: 3 }), length: fc.nat(2_000) })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(added, fc.nat(30), fc.nat(60_000), fc.array(fc.nat(80)), (plan, events, bytes, asked) => {
        const recent = createRecentlyTold({ events, bytes });
        const all: Told[] = [];
        let at = 0;
        for (const batch of plan.filter(({ length }) => length > 0)) {
          const now = batch.map(({ gap, length }) => {
            at += gap;
            return told(at, 'x'.repeat(length));
          });
          all.push(...now);
          recent.add(now);
          for (const from of asked) {
            const given = recent.after(position(from));
            expect(given !== undefined).toBe(recent.covers(position(from)));
            if (!given) continue;
            expect(positions(given)).toEqual(
              all.filter(({ event }) => event.position > from).map(({ event }) => event.position),
            );
            const kept = given.flat() as (Told & { event: { data: { text: string } } })[];
            expect(kept.length).toBeLessThanOrEqual(events);
            expect(kept.reduce((sum, { event }) => sum + event.data.text.length, 0)).toBeLessThanOrEqual(bytes);
          }
        }
        expect(recent.newest ?? 0).toBe(at);
      }),
      { numRuns: 300 },
    );
  });

  test('is given from any place among what is kept', () => {
    const recent = createRecentlyTold({ events: 5, bytes: 1e6 });
    for (const batch of [[1, 2], [4, 6, 7], [8]]) recent.add(batch.map((at) => told(at)));
    // Of the first batch nothing is kept: with it they would be six.
    expect([0, 1].map((from) => recent.after(position(from)))).toEqual([undefined, undefined]);
    expect([2, 3, 4, 5, 6, 7, 8, 9].map((from) => positions(recent.after(position(from))))).toEqual([
      [4, 6, 7, 8],
      [4, 6, 7, 8],
      [6, 7, 8],
      [6, 7, 8],
      [7, 8],
      [8],
      [],
      [],
    ]);
  });
});
