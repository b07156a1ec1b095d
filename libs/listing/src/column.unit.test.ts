import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { column } from './column.ts';
import { printable } from './printable.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('é', '日', '🎉', '\x1b', '\n', '\r', '\x9b', '\u202e', 'a', '!'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 120,
});

describe('a column is as wide as Asterisk makes it', () => {
  test('always that many bytes, whatever the text, and no control character', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 0, max: 90 }),
        fc.constantFrom('left' as const, 'right' as const),
        (text, width, align) => {
          const printed = column(text, width, align);
          expect(Buffer.byteLength(printed)).toBe(width);
          expect(printed).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });
  test('text that fits is kept whole', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = printable(text).toWellFormed();
        expect(column(text.toWellFormed(), 2000).trimEnd()).toBe(shown.trimEnd());
      }),
    );
  });
  test.each([
    ['abcdef', 4, 'abcd'],
    ['ab', 4, 'ab  '],
    ['aéé', 4, 'aé '],
    ['aaa日', 4, 'aaa '],
    ['a\nb', 8, 'a\\x0ab  '],
  ])('%j in %i', (text, width, expected) => {
    expect(column(text, width)).toBe(expected);
  });
  test('right-aligned text is padded on its left', () => {
    expect(column('-', 8, 'right')).toBe('       -');
  });
});

describe('printable', () => {
  test('escapes what a terminal acts on and nothing else', () => {
    expect(printable('Zoë \x1b[2J\x7f\x9b\u2028\u202e!日🎉')).toBe('Zoë \\x1b[2J\\x7f\\x9b\\u2028\\u202e!日🎉');
  });
});
