import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineReader, type Line } from './lines.ts';

const readAll = (pieces: Buffer[], limit: number): Line[] => {
  const reader = createLineReader(limit);
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
};

test('lines are the same wherever the bytes were cut', () => {
  const anyText = fc
    .array(fc.constantFrom('\n', '\r\n', 'a', 'ß', '\u{1F600}', '{"t":1}', 'long'.repeat(5)))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(80)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
      const lines = readAll(pieces, 16);
      expect(lines).toEqual(readAll([bytes], 16));
      expect(lines.reduce((sum, line) => sum + line.bytes, 0)).toBe(bytes.length);
      const plain = text.split('\n');
      if (plain.at(-1) === '') plain.pop();
      expect(lines.map((line) => line.text)).toEqual(
        plain.map((line) => (Buffer.byteLength(line) > 16 ? undefined : line)),
      );
    }),
  );
});

test('a line beyond the limit is dropped with its number, and the next one is whole', () => {
  const lines = readAll([Buffer.from('one\nfar too '), Buffer.from('long\nthree\ncut')], 5);
  expect(lines.map(({ number, text, ended }) => [number, text, ended])).toEqual([
    [1, 'one', true],
    [2, undefined, true],
    [3, 'three', true],
    [4, 'cut', false],
  ]);
});
