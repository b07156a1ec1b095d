/** East Asian wide and full-width characters, and emoji: two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** What is drawn over the character before it, or not at all. */
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** Columns of a terminal that one character takes. */
const columnsOf = (character: string): number => {
  if (character < '\u0300') return 1;
  return NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
};

/** Columns of a terminal that `text` takes; control characters must be escaped already. */
export const textWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
};

/** `text` in `width` columns at most; one that is longer ends in `…`. Reads no more of it than fits. */
export const clip = (text: string, width: number): string => {
  let used = 0;
  let end = 0;
  let endWithMark = 0;
  for (const character of text) {
    const columns = columnsOf(character);
    if (used + columns > width) return width > 0 ? `${text.slice(0, endWithMark)}…` : '';
    used += columns;
    end += character.length;
    if (used < width) endWithMark = end;
  }
  return text;
};

/** `text` in exactly `width` columns. */
export const cell = (text: string, width: number): string => {
  const clipped = clip(text, width);
  return clipped + ' '.repeat(width - textWidth(clipped));
};
