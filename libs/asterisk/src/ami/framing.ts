const LF = 10;
const CR = 13;

/** First place in bytes[from, to) where a message may begin: the blank lines between messages are skipped. */
export const skipBlank = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from;
  while (at < to && (bytes[at] === LF || bytes[at] === CR)) at++;
  return at;
};

/** How the lines of a feed end. Asterisk ends them in CRLF; a recording may have lost the CR. */
export type LineEnd = 'crlf' | 'lf';

/** First byte of the blank line that ends a message, or -1 when there is none in bytes[from, to). */
export const findBlank = (bytes: Buffer, from: number, to: number, lineEnd: LineEnd): number => {
  if (lineEnd === 'crlf') return findBlankCrlf(bytes, from, to);
  const at = bytes.indexOf('\n\n', from);
  return at < 0 || at + 2 > to ? -1 : at + 1;
};

/**
 * A blank line is the end of `\n\r\n`, or of `\r\n\n`, with which Asterisk ends CoreShowChannelMap (18.19 to 18.23, 20.4 to 20.8, 21.0
 * to 21.3). Both have three bytes, so it is enough to look at every third: this is where most bytes of a feed pass by.
 */
const findBlankCrlf = (bytes: Uint8Array, from: number, to: number): number => {
  for (let at = from + 2; at < to; at += 3) {
    const byte = bytes[at];
    if (byte === undefined || byte > CR) continue;
    if (byte === LF) {
      if (bytes[at - 1] === CR && bytes[at - 2] === LF) return at - 1;
      if (bytes[at - 1] === LF && bytes[at - 2] === CR) return at;
      if (bytes[at - 1] === CR && at + 1 < to && bytes[at + 1] === LF) return at + 1;
      if (at + 2 < to && bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 1;
    } else if (byte === CR) {
      if (bytes[at - 1] === LF && at + 1 < to && bytes[at + 1] === LF) return at;
      if (at + 2 < to && bytes[at + 1] === LF && bytes[at + 2] === LF) return at + 2;
    }
  }
  return -1;
};

/** The longest blank line: CRLF. */
export const BLANK_BYTES = 2;

/** Bytes before a blank line that are needed to recognise it. */
export const BLANK_OVERLAP = 3;

/** Just after the line that begins at `start`; the caller knows that the line is there whole. */
export const afterLine = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start;
  while (at < end && bytes[at] !== LF) at++;
  return at < end ? at + 1 : end;
};
