import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uncompressed } from './uncompressed.ts';

const read = async (pieces: Buffer[]) => {
  let damage: string | undefined;
  const out: Buffer[] = [];
  const input = (async function* () {
    yield* pieces;
  })();
  for await (const piece of uncompressed(input, (why) => {
    damage = why;
  })) {
    out.push(Buffer.from(piece));
  }
  return { bytes: Buffer.concat(out), damage };
};

const TEXT = Buffer.from(Array.from({ length: 4000 }, (_, line) => `line ${line} ${(line * 7919) % 1000}\n`).join(''));
const GZIP = gzipSync(TEXT);

test('bytes are told plain from gzipped by their first two, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(fc.nat(GZIP.length)), async (zipped, cuts) => {
      const bytes = zipped ? GZIP : TEXT.subarray(0, GZIP.length);
      const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
      const { bytes: seen, damage } = await read(pieces);
      expect(damage).toBeUndefined();
      expect(seen.equals(zipped ? TEXT : bytes)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test.each([[[]], [[Buffer.alloc(0)]], [[Buffer.from('x')]], [[Buffer.from([0x1f])]]])(
  '%# short input is itself',
  async (pieces) => {
    expect(await read(pieces)).toEqual({ bytes: Buffer.concat(pieces), damage: undefined });
  },
);

test('several gzips one after another, as log rotation makes them, are one', async () => {
  const { bytes, damage } = await read([Buffer.concat([gzipSync('one '), gzipSync('two')])]);
  expect([bytes.toString(), damage]).toEqual(['one two', undefined]);
});

test('a gzip that ends early gives what was readable and says so, wherever it was cut', async () => {
  for (const length of [2, 10, 11, 500, 5000, GZIP.length - 9, GZIP.length - 1]) {
    const { bytes, damage } = await read([GZIP.subarray(0, length)]);
    expect(damage).toBe('the gzip ends early');
    expect(TEXT.subarray(0, bytes.length).equals(bytes)).toBe(true);
    if (length > GZIP.length - 10) expect(bytes.length).toBe(TEXT.length);
    if (length === 5000) expect(bytes.length).toBeGreaterThan(TEXT.length / 4);
  }
});

test('a damaged gzip gives what stands before the damage and says so', async () => {
  const half = Math.floor(GZIP.length / 2);
  const damaged = Buffer.concat([GZIP.subarray(0, half), Buffer.alloc(64, 0xff), GZIP.subarray(half + 64)]);
  const pieces = Array.from({ length: Math.ceil(damaged.length / 1000) }, (_, i) =>
    damaged.subarray(i * 1000, i * 1000 + 1000),
  );
  const { bytes, damage } = await read(pieces);
  expect(damage).toMatch(/^gzip: /);
  expect(bytes.length).toBeGreaterThan(TEXT.length / 8);
  expect(TEXT.subarray(0, 8000).equals(bytes.subarray(0, 8000))).toBe(true);
});
