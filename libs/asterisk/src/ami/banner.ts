import { startsWith } from './names.ts';

export const BANNER = Buffer.from('Asterisk Call Manager/');

const RESPONSE = Buffer.from('Response: ');
const VERSION_BYTES = 24;
const LF = 10;
const CR = 13;

export type BannerFound = 'no' | 'undecided' | { version: string; end: number };

/**
 * Is the text at bytes[at, to) the banner of a new connection? One that begins a line is. In a recording whose connection
 * broke inside a line it follows that line's stump; there it counts only when what always follows a banner follows: the answer
 * to a login, or another banner. A caller may well have set his name to this text.
 */
export const decideBanner = (bytes: Buffer, at: number, to: number, beginsLine: boolean): BannerFound => {
  const from = at + BANNER.length;
  let end = from;
  while (end < to && isVersion(bytes[end])) end++;
  if (end - from > VERSION_BYTES) return 'no';
  if (end === to) return 'undecided';
  const version = bytes.toString('latin1', from, end);
  if (version === '') return 'no';
  if (bytes[end] === CR) end++;
  if (end === to) return 'undecided';
  if (bytes[end] !== LF) return 'no';
  end++;
  if (beginsLine) return { version, end };
  let follows: BannerFound = 'no';
  for (const expected of [RESPONSE, BANNER]) {
    if (startsWith(bytes, end, to, expected)) return { version, end };
    if (startsWith(expected, 0, expected.length, bytes.subarray(end, to))) follows = 'undecided';
  }
  return follows;
};

const isVersion = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 48 && byte <= 57) || byte === 46);
