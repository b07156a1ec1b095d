import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captured } from './captures.fixture.ts';
import { createAmiParser } from './parser.ts';

/** What comes out of a feed in these pieces: messages as text, banners as `banner VERSION`. */
const parse = (pieces: readonly (Buffer | string)[], maxMessage?: number) => {
  const seen: string[] = [];
  const parser = createAmiParser({
    ...(maxMessage !== undefined && { maxMessage }),
    banner: (version) => seen.push(`banner ${version}`),
    message: (bytes, start, end) => seen.push(bytes.toString('latin1', start, end)),
  });
  for (const piece of pieces) parser.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  parser.end();
  return { seen, counters: parser.counters };
};

/** `bytes` cut at these places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...sorted].map((start, index) => bytes.subarray(start, sorted[index] ?? bytes.length));
};

/** A message both too long and cut off may be counted as either. */
const outcome = ({ seen, counters }: ReturnType<typeof parse>) => ({
  seen,
  messages: counters.messages,
  dropped: counters.discarded + counters.malformed,
});

const BANNER = 'Asterisk Call Manager/11.0.0\r\n';
const GOOD = 'Event: Good\r\nUniqueid: 1.1\r\n\r\n';

describe('messages', () => {
  test('end at a blank line; further blank lines are no messages (TestEvent sends two)', () => {
    const { seen, counters } = parse(['Event: TestEvent\r\nState: A\r\n\r\n\r\nEvent: B\r\n\r\n']);
    expect(seen).toEqual(['Event: TestEvent\r\nState: A\r\n', 'Event: B\r\n']);
    expect(counters).toEqual({ messages: 2, discarded: 0, malformed: 0 });
  });

  test('may end in \\r\\n\\n, as CoreShowChannelMap does (asterisk#761)', () => {
    expect(parse([`Event: Map\r\nChannel: a\r\n\n${GOOD}`]).seen).toEqual([
      'Event: Map\r\nChannel: a\r\n',
      GOOD.slice(0, -2),
    ]);
  });

  test('keep line feeds inside a value: only CRLF ends a line of a feed that ends its lines so', () => {
    expect(parse([`${BANNER}Event: A\r\nAppData: x\n\nEvent: B\r\n\r\n`]).seen).toEqual([
      'banner 11.0.0',
      'Event: A\r\nAppData: x\n\nEvent: B\r\n',
    ]);
  });

  test('are found behind whatever noise a recording begins with, bare line feeds among it', () => {
    for (const pieces of [[`noise\nmore\n\n${GOOD}${GOOD}`], ['noise\nmore\n', '\n', GOOD, GOOD]]) {
      expect(parse(pieces).seen.at(-1)).toBe(GOOD.slice(0, -2));
    }
  });

  test('are found in a recording that lost its carriage returns', () => {
    expect(parse([BANNER.replace('\r', ''), 'Event: A\nX: 1\n', '\nEvent: B\n\n']).seen).toEqual([
      'banner 11.0.0',
      'Event: A\nX: 1\n',
      'Event: B\n',
    ]);
  });

  test('come out alike however a real feed is cut (a22-transfer)', () => {
    const bytes = captured('a22-transfer').subarray(0, 60_000);
    const whole = parse([bytes]);
    expect(whole.counters.messages).toBeGreaterThan(100);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 60 }), (places) => {
        expect(parse(cut(bytes, places))).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test('come out alike byte by byte (a22-crash, over two connections)', () => {
    const all = captured('a22-crash');
    const middle = all.lastIndexOf('Asterisk Call Manager/');
    const bytes = all.subarray(middle - 5_000, middle + 5_000);
    expect(parse(cut(bytes, [...bytes.keys()]))).toEqual(parse([bytes]));
  });

  test('come out alike however hostile bytes are cut', () => {
    const token = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\r\n\r\n',
      '\n\n',
      '\r\n\n',
      'Event: A',
      'Response: ',
      ': ',
      'x',
      'é',
      'Asterisk Call Manager/',
      'Asterisk Call Manager/5.0.4\r\n',
      '11.0.0',
      'Asterisk',
      GOOD,
      'y'.repeat(30),
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 12 }), (tokens, places) => {
        const bytes = Buffer.from(tokens.join(''));
        expect(outcome(parse(cut(bytes, places), 64))).toEqual(outcome(parse([bytes], 64)));
      }),
      { numRuns: 3000 },
    );
  });

  test('are not lost behind anything that ends in a blank line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(500), { maxLength: 5 }), (garbage, places) => {
        const bytes = Buffer.concat([Buffer.from(BANNER), garbage, Buffer.from(`\r\n\r\n${GOOD}`)]);
        expect(parse(cut(bytes, places), 1000).seen.at(-1)).toBe(GOOD.slice(0, -2));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a message that is too long', () => {
  test('is dropped as it streams by, and nothing after it is lost: a header of 10 MB', () => {
    const flood = Array.from({ length: 160 }, () => Buffer.alloc(65_536, 'x'));
    const before = process.memoryUsage().arrayBuffers;
    const { seen, counters } = parse([BANNER, 'Event: A\r\nAppData: ', ...flood, `\r\n\r\n${GOOD}`]);
    expect(seen).toEqual(['banner 11.0.0', GOOD.slice(0, -2)]);
    expect(counters).toEqual({ messages: 1, discarded: 1, malformed: 0 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 65_536);
  });

  test('is one byte longer than the longest that passes, in one piece or in many', () => {
    const ofLength = (bytes: number) => Buffer.from(`Event: A\r\nX: ${'x'.repeat(bytes - 15)}\r\n\r\n${GOOD}`);
    for (const places of [[], [...Array(1100).keys()]]) {
      expect(parse(cut(ofLength(1000), places), 1000).counters.discarded).toBe(0);
      expect(parse(cut(ofLength(1001), places), 1000)).toEqual({
        seen: [GOOD.slice(0, -2)],
        counters: { messages: 1, discarded: 1, malformed: 0 },
      });
    }
  });

  test('of lines without end costs no more than its length, byte by byte', () => {
    const byte = Buffer.from('x');
    expect(parse([BANNER, ...Array.from({ length: 300_000 }, () => byte), `\r\n\r\n${GOOD}`]).counters.messages).toBe(
      2,
    );
  });
});

describe('a banner', () => {
  test('is told before anything follows it', () => {
    const seen: string[] = [];
    const parser = createAmiParser({ banner: (version) => seen.push(version), message: () => {} });
    parser.push(Buffer.from(BANNER));
    expect(seen).toEqual(['11.0.0']);
  });

  test.each(['Event: A\r\nUniq', 'Event: A\r\nUniqueid: 1.1\r\n', 'Event: A\r\nX: Asterisk Call Manager/'])(
    'begins a connection in the middle of a message that was cut off: %j',
    (stump) => {
      const { seen, counters } = parse([`${BANNER}${stump}${BANNER}Response: Success\r\n\r\n${GOOD}`]);
      expect(seen).toEqual(['banner 11.0.0', 'banner 11.0.0', 'Response: Success\r\n', GOOD.slice(0, -2)]);
      expect(counters.malformed).toBe(1);
    },
  );

  test('begins a connection inside a message that is too long', () => {
    const { seen } = parse([`${BANNER}X: ${'x'.repeat(5000)}`, `${BANNER}Response: Success\r\n\r\n`], 1000);
    expect(seen).toEqual(['banner 11.0.0', 'banner 11.0.0', 'Response: Success\r\n']);
  });

  test.each([
    'CallerIDName: Asterisk Call Manager/11.0.0\r\nConnectedLineNum: 1\r\n',
    'CallerIDName: Asterisk Call Manager/11.0.0\r\n',
    'CallerIDName: Asterisk Call Manager/11.0.0 x\r\n',
    'CallerIDName: Asterisk Call Manager/\r\n',
  ])('is not what a caller calls himself: %j', (line) => {
    expect(parse([`${BANNER}Event: A\r\n${line}\r\n${GOOD}`]).seen).toEqual([
      'banner 11.0.0',
      `Event: A\r\n${line}`,
      GOOD.slice(0, -2),
    ]);
  });
});

test('the end of the feed cuts the message that is under way', () => {
  expect(parse([GOOD, 'Event: A\r\nUniq']).counters).toEqual({ messages: 1, discarded: 0, malformed: 1 });
  expect(parse([GOOD, '\r\n']).counters.malformed).toBe(0);
});
