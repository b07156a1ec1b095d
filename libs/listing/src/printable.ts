/** Control characters, and what can turn, hide or break a line of text on a terminal (Unicode bidi and line separators). */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * `text` without anything that a terminal would act on: a name or a caller id may come from anybody who can place a call.
 * A control character reads `\x1b`, others `\u202e`; everything else is left as it is.
 */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

const escaped = (character: string): string => {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
};
