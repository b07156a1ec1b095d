import { type Channel, position, revision, shapeChannel } from '@rollcall/channel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Chunk, rechunk } from './chunks.ts';

const channel = (uniqueid: string, at = 0): Channel =>
  shapeChannel({
    ...{ pbx: 'pbx-a', boot: 1, uniqueid, name: `PJSIP/${uniqueid}`, origin: 'created' },
    revision: revision(at),
    position: position(at + 1),
  });
const bodyOf = ({ uniqueid, revision }: Channel): string => `"${uniqueid}@${revision}"`;
const read = (chunks: readonly Chunk[]): unknown =>
  JSON.parse(
    `[${Buffer.concat(chunks.map(({ body }) => body))
      .toString()
      .slice(1)}]`,
  );
const told = (list: Iterable<Channel>): string[] =>
  [...list].map(({ uniqueid, revision }) => `${uniqueid}@${revision}`);

const steps = fc.array(
  fc.record({
    add: fc.integer({ min: 0, max: 600 }),
    change: fc.array(fc.nat(5_000), { maxLength: 5 }),
    remove: fc.array(fc.nat(5_000), { maxLength: 400 }),
    shuffle: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('a list in chunks', () => {
  test('is the list, whatever was added, changed, removed and moved since', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let list = new Map<string, Channel>();
        let chunks: Chunk[] = [];
        let born = 0;
        for (const { add, change, remove, shuffle } of all) {
          for (let n = 0; n < add; n++) list.set(`${++born}`, channel(`${born}`));
          for (const n of change) {
            const one = list.get(`${n % (born + 1)}`);
            if (one) list.set(one.uniqueid, channel(one.uniqueid, one.revision + 1));
          }
          for (const n of remove) list.delete(`${n % (born + 1)}`);
          if (shuffle) list = new Map([...list].reverse());
          chunks = rechunk(chunks, list.values(), bodyOf);
          expect(read(chunks)).toEqual(told(list.values()));
        }
      }),
      { numRuns: 60 },
    );
  });
  test('writes only the chunk anew in which something changed', () => {
    const list = new Map(Array.from({ length: 10_000 }, (_, n) => [`${n}`, channel(`${n}`)]));
    const before = rechunk([], list.values(), bodyOf);
    list.set('5000', channel('5000', 1));
    list.delete('9000');
    const after = rechunk(before, list.values(), bodyOf);
    expect(after.filter((chunk) => !before.includes(chunk))).toHaveLength(2);
    expect(rechunk(after, list.values(), bodyOf).every((chunk) => after.includes(chunk))).toBe(true);
  });
  test('of few channels that are left of many is not many small chunks', () => {
    const list = new Map(Array.from({ length: 10_000 }, (_, n) => [`${n}`, channel(`${n}`)]));
    const before = rechunk([], list.values(), bodyOf);
    for (const id of [...list.keys()]) if (Number(id) % 250 !== 0) list.delete(id);
    expect(rechunk(before, list.values(), bodyOf)).toHaveLength(1);
  });
});
