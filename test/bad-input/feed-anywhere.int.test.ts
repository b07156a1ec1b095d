import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Channel } from '@rollcall/channel';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { AMI_BANNER, amiMessage, newchannel } from '../support/ami-feed.ts';
import { ariLine } from '../support/ari-feed.ts';
import { type Imported, importFeed } from '../support/import-feed.ts';
import { newDir, removeDirs } from './as-user.ts';

afterEach(removeDirs);

const RUNS = 25;
const SLICE = 120_000;

const captured = (capture: string, file: string): Buffer =>
  gunzipSync(readFileSync(join(import.meta.dirname, '../captures', capture, file))).subarray(0, SLICE);

/** Where a message, or a line of ARI, ends: what stands before is whole. */
const ends = (bytes: Buffer, by: string): number[] => {
  const found: number[] = [];
  for (let at = bytes.indexOf(by); at >= 0; at = bytes.indexOf(by, at + by.length)) found.push(at + by.length);
  return found;
};

/** What one sees of a list: everything but the places in the log. */
const shown = ({ channels }: Imported): object[] =>
  [...channels.values()].map(({ position: _position, ...channel }: Channel) => channel);

const feeds = [
  {
    source: 'ami' as const,
    bytes: captured('a22-load', 'ami.raw.gz'),
    by: '\r\n\r\n',
    // The banner alone is a connection already.
    greeting: AMI_BANNER.length,
    next: Buffer.concat([AMI_BANNER, amiMessage({ Response: 'Success' }), newchannel({ id: 'next' })]),
    close: Buffer.from('\r\n\r\n'),
  },
  {
    source: 'ari' as const,
    bytes: captured('a22-load', 'ari.ndjson.gz'),
    by: '\n',
    greeting: 0,
    next: Buffer.concat([Buffer.from('\n'), ariLine('ChannelCreated', { id: 'next' })]),
    close: Buffer.from('\n'),
  },
];

describe.each(feeds)('a real feed of $source', ({ source, bytes, by, greeting, next, close }) => {
  const boundaries = ends(bytes, by);
  const run = async (feed: Buffer, pieceSize?: number): Promise<Imported> => {
    const imported = await importFeed({ data: newDir(), bytes: feed, source, ...(pieceSize ? { pieceSize } : {}) });
    expect(imported.differences).toEqual([]);
    return imported;
  };

  test('cut anywhere gives exactly what was whole before the cut, in pieces of any size', async () => {
    const cuts = fc.tuple(fc.integer({ min: 1, max: bytes.length }), fc.integer({ min: 50, max: 100_000 }));
    await fc.assert(
      fc.asyncProperty(cuts, async ([cut, pieceSize]) => {
        const whole = boundaries.findLast((end) => end <= cut) ?? (cut < greeting ? 0 : greeting);
        const [actual, expected] = [await run(bytes.subarray(0, cut), pieceSize), await run(bytes.subarray(0, whole))];
        expect(shown(actual)).toEqual(shown(expected));
        expect(actual.events).toBe(expected.events);
      }),
      { numRuns: RUNS, examples: [-1, 0, 1].map((by) => [[Math.max(1, greeting + by), 50]]) },
    );
  });

  test('cut anywhere and taken up again by another connection keeps both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (cut) => {
        const before = await run(bytes.subarray(0, cut));
        const both = await run(Buffer.concat([bytes.subarray(0, cut), next]));
        expect([...both.channels.keys()].sort()).toEqual([...before.channels.keys(), 'next'].sort());
      }),
      { numRuns: RUNS },
    );
  });

  test('with random bytes between any two messages says the same', async () => {
    const expected = shown(await run(bytes));
    expect(expected.length).toBeGreaterThan(0);
    const places = fc.array(fc.tuple(fc.nat(boundaries.length - 1), fc.integer({ min: 1, max: 5_000 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(places, async (noises) => {
        const parts: Buffer[] = [];
        let from = 0;
        for (const [index, length] of noises.sort(([a], [b]) => a - b)) {
          const end = boundaries[index] ?? 0;
          parts.push(bytes.subarray(from, end), randomFillSync(Buffer.alloc(length)), close);
          from = end;
        }
        const noisy = await run(Buffer.concat([...parts, bytes.subarray(from)]));
        expect(shown(noisy)).toEqual(expected);
        expect(noisy.report.malformed).toBeGreaterThan(0);
      }),
      { numRuns: RUNS },
    );
  });

  test('with any of its bytes altered is read to its end', async () => {
    const place = fc.nat(bytes.length - 1);
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 2_000 }), async (places) => {
        const altered = Buffer.from(bytes);
        for (const at of places) altered[at] = Math.floor(Math.random() * 256);
        const read = await run(Buffer.concat([altered, close, next]));
        expect(read.channels.has('next')).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
