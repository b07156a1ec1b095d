import { describe, expect, test } from 'vitest';
import { cliWords, nearestCommand } from './cli-words.ts';

describe('words of a line of the CLI, as Asterisk parts them', () => {
  test.each<[string, string[]]>([
    [' core  show\tchannels ', ['core', 'show', 'channels']],
    ['core show channel "PJSIP/a b-1"', ['core', 'show', 'channel', 'PJSIP/a b-1']],
    ['core show channel "a b', ['core', 'show', 'channel', 'a b']],
    ['a\\ b c\\"d "e\\"f"', ['a b', 'c"d', 'e"f']],
    ['a"b c"d ""', ['ab cd', '']],
    ['\\\\ "\t"', ['\\', '\t']],
    [' \t', []],
  ])('%j', (line, words) => {
    expect(cliWords(line)).toEqual(words);
  });
});

test.each([
  ['core show nothing', 'core show nothing'],
  ['core show channels; core show version', 'core show channels; core'],
  ['core show', 'core show'],
  ['help core show channels', 'help core'],
  ['x'.repeat(600), 'x'.repeat(79)],
])('of %j help is advised about %j', (line, advised) => {
  expect(nearestCommand(cliWords(line))).toBe(advised);
});
