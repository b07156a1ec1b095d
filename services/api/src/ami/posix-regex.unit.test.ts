import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePosix } from './posix-regex.ts';

const part: fc.Arbitrary<string> = fc.letrec<{ part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', 'b', '.', 'ab', '[ab]', '[^a]', '[a-c]', '[]a]'.replace(']a', 'a'), '\\.', '[[:digit:]]'),
    fc
      .tuple(tie('part'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}'))
      .map(([one, sign]) => `(${one})${sign}`),
    fc.tuple(tie('part'), tie('part')).map(([one, other]) => `(${one}|${other})`),
    fc.tuple(tie('part'), tie('part')).map(([one, other]) => `${one}${other}`),
  ),
})).part;
const pattern = fc.tuple(fc.constantFrom('', '^'), part, fc.constantFrom('', '$')).map((parts) => parts.join(''));
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '\r', '\n'), maxLength: 12 });

describe('POSIX regular expressions', () => {
  test('match what JavaScript matches where both mean the same', () => {
    fc.assert(
      fc.property(pattern, text, (one, where) => {
        const matches = compilePosix(one);
        const same = new RegExp(one.replaceAll('[[:digit:]]', '[0-9]'), 's');
        if (matches) expect({ one, where, matches: matches(where) }).toEqual({ one, where, matches: same.test(where) });
      }),
      { numRuns: 2000 },
    );
  });
  test.each([
    '[',
    '(',
    ')('.slice(1),
    '*',
    'a{300}',
    '[b-a]',
    '[[:nothing:]]',
    '[[:constructor:]]',
    '(((a{50}){50}){50})',
    '\\',
    'a{2',
    'a{x}',
    'a{}',
    '{1}',
    '(a)\\1',
  ])('%j does not compile', (wrong) => {
    expect(compilePosix(wrong)).toBeUndefined();
  });
  // Each as the GNU library has it, with which Asterisk is built.
  test.each([
    ['Event: (Hangup|Newstate)\\b', 'Event: Hangup\r\n', true],
    ['Event: Hangup\\b', 'Event: HangupRequest\r\n', false],
    ['\\w+State', 'ChannelState', true],
    ['^\\w+$', 'a-b', false],
    ['\\W', 'ab_1', false],
    ['a\\sb', 'a\tb', true],
    ['^\\S+$', 'a b', false],
    ['\\<b', 'a b', true],
    ['\\<b', 'ab', false],
    ['a\\>', 'ab', false],
    ['a\\Bb', 'ab', true],
    ['\\`b', 'a\nb', false],
    ["a\\'", 'a', true],
    ['^a{,2}$', 'aa', true],
    ['^a{,}$', 'aaaa', true],
    ['a\\{2', 'a{2', true],
  ])('%j in %j: %s', (one, where, matches) => {
    expect(compilePosix(one)?.(where)).toBe(matches);
  });
  test('what would keep JavaScript busy for ever is answered', () => {
    expect(compilePosix('^(a+)+$')?.(`${'a'.repeat(20_000)}b`)).toBe(false);
    expect(compilePosix('(a*)*b')?.('a'.repeat(20_000))).toBe(false);
  });
});
