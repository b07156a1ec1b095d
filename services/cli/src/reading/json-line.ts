/** DEL, the C1 controls, and what turns or breaks a line: JSON leaves them as they are, and some terminals act on them. */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** `value` as one line of JSON that is also safe to look at; a parser reads the same value. */
export const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
