const within = (code: number, from: string, to: string): boolean =>
  code >= from.charCodeAt(0) && code <= to.charCodeAt(0);

const isWord = (code: number): boolean =>
  within(code, 'a', 'z') || within(code, 'A', 'Z') || within(code, '0', '9') || code === '_'.charCodeAt(0);
const isSpace = (code: number): boolean => code === ' '.charCodeAt(0) || within(code, '\t', '\r');

/** What the GNU library has beyond POSIX, by the character behind the backslash. */
export const SHORTHANDS: ReadonlyMap<string, (code: number) => boolean> = new Map([
  ['w', isWord],
  ['W', (code: number) => !isWord(code)],
  ['s', isSpace],
  ['S', (code: number) => !isSpace(code)],
]);

/** What a place between two characters may be; several of them at once. */
export const START = 1;
export const END = 2;
const WORD_EDGE = 4;
const NO_EDGE = 8;
const WORD_START = 16;
const WORD_END = 32;

/** The same of places. */
export const PLACES: ReadonlyMap<string, number> = new Map([
  ['b', WORD_EDGE],
  ['B', NO_EDGE],
  ['<', WORD_START],
  ['>', WORD_END],
  ['`', START],
  ["'", END],
]);

/** What the place before the character at `at` is. */
export const placeAt = (text: string, at: number): number => {
  const before = at > 0 && isWord(text.charCodeAt(at - 1));
  const after = at < text.length && isWord(text.charCodeAt(at));
  const edge = before === after ? NO_EDGE : WORD_EDGE | (after ? WORD_START : WORD_END);
  return (at === 0 ? START : 0) | (at >= text.length ? END : 0) | edge;
};
