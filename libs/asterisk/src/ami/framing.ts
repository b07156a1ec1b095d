const LF = 10;
const CR = 13;

/** First place in bytes[from, to) where a message may begin: the blank lines between messages are skipped. */
export const skipBlank = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from;
  while (at < to && (bytes[at] === LF || bytes[at] === CR)) at++;
  return at;
};

/**
 * The blank line that ends a message: its first byte, or -1 when there is none in bytes[from, to). Lines end in CRLF or LF:
 * Asterisk's CoreShowChannelMap ends in `\r\n\n` (18.19 to 18.23, 20.4 to 20.8, 21.0 to 21.3). Looks at every second byte
 * only, since a blank line cannot hide between two: this is where most bytes of a feed pass by.
 */
export const findBlank = (bytes: Uint8Array, from: number, to: number): number => {
  for (let at = from + 1; at < to; at += 2) {
    const byte = bytes[at];
    if (byte !== LF && byte !== CR) continue;
    if (byte === LF) {
      if (bytes[at - 1] === LF) return at;
      if (bytes[at - 1] === CR && at - 2 >= from && bytes[at - 2] === LF) return at - 1;
      if (at + 1 < to && bytes[at + 1] === LF) return at + 1;
      if (at + 2 < to && bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 1;
    } else if (bytes[at - 1] === LF && at + 1 < to && bytes[at + 1] === LF) {
      return at;
    }
  }
  return -1;
};

/** The longest blank line: CRLF. */
export const BLANK_BYTES = 2;

/** Bytes at the end of a stretch that may be the beginning of a blank line whose rest is still to come. */
export const BLANK_OVERLAP = 3;

/** Just after the line that begins at `start`; the caller knows that the line is there whole. */
export const afterLine = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start;
  while (at < end && bytes[at] !== LF) at++;
  return at < end ? at + 1 : end;
};
