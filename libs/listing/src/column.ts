import { printable } from './printable.ts';

export type Align = 'left' | 'right';

/**
 * Asterisk's `%-W.Ws` (left) or `%W.Ws` (right): cut and padded to `width` bytes of UTF-8, since Asterisk counts bytes, so
 * that the columns stand where Asterisk's stand. A character that the cut would split is left out and its place padded;
 * Asterisk prints its first bytes, which are not text. Control characters are escaped; see `printable`.
 */
export const column = (text: string, width: number, align: Align = 'left'): string => {
  const shown = printable(text.length > width ? text.slice(0, width) : text);
  if (isAscii(shown)) {
    const cut = shown.length > width ? shown.slice(0, width) : shown;
    return align === 'left' ? cut.padEnd(width) : cut.padStart(width);
  }
  const cut = bytesOf(shown, width);
  const padding = ' '.repeat(width - Buffer.byteLength(cut));
  return align === 'left' ? cut + padding : padding + cut;
};

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

/** As many whole characters from the start of `text` as fit into `bytes`. */
const bytesOf = (text: string, bytes: number): string => {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
};
