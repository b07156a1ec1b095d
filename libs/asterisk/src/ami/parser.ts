import { BANNER, decideBanner } from './banner.ts';
import { BLANK_BYTES, BLANK_OVERLAP, findBlank, type LineEnd, skipBlank } from './framing.ts';

export type AmiParserOptions = {
  /** Longest message in bytes, 1 MiB unless said otherwise. A longer one is dropped as it streams by. */
  maxMessage?: number;
  /** A connection begins. */
  banner: (version: string) => void;
  /** A whole message: its lines stand at bytes[start, end), each with its line end. The bytes are only lent. */
  message: (bytes: Buffer, start: number, end: number) => void;
};

export type AmiParserCounters = {
  messages: number;
  /** Longer than `maxMessage`. */
  discarded: number;
  /** Cut off by the end of its connection, or not a message at all. */
  malformed: number;
};

export type AmiParser = {
  push(chunk: Buffer): void;
  /** The feed is over: what is left is a cut message. */
  end(): void;
  counters: AmiParserCounters;
};

const MAX_MESSAGE = 1024 * 1024;
const KEEP_CAPACITY = 256 * 1024;
const LF = 10;
const CR = 13;

/**
 * Cuts a feed of AMI bytes into messages, however the bytes come in pieces. It holds one unfinished message at the most. In a
 * recording of several connections the message that a lost connection left unfinished is dropped where the next banner begins.
 */
export const createAmiParser = ({ maxMessage = MAX_MESSAGE, banner, message }: AmiParserOptions): AmiParser => {
  const counters: AmiParserCounters = { messages: 0, discarded: 0, malformed: 0 };
  let kept: Buffer = Buffer.alloc(0);
  let keptLength = 0;
  /** Inside a message that is too long: everything up to its end is dropped. */
  let discarding = false;
  /** Until the first CRLF, which tells for good: a recording may begin with any noise. */
  let lineEnd: LineEnd = 'lf';
  /** Where it is, from the first kept byte on. */
  let firstCrlf = Number.POSITIVE_INFINITY;
  let endedInCr = false;
  /** How far the kept bytes are known to hold no blank line and no banner. */
  let searched = 0;

  const push = (chunk: Buffer): void => {
    if (firstCrlf === Number.POSITIVE_INFINITY) findFirstCrlf(chunk);
    const bytes = keptLength === 0 ? chunk : append(chunk);
    const rest = consume(bytes);
    keep(bytes, rest);
  };

  const findFirstCrlf = (chunk: Buffer): void => {
    const within = chunk.indexOf('\r\n');
    if (endedInCr && chunk[0] === LF) firstCrlf = keptLength - 1;
    else if (within >= 0) firstCrlf = keptLength + within;
    if (chunk.length > 0) endedInCr = chunk.at(-1) === CR;
  };

  const append = (chunk: Buffer): Buffer => {
    const length = keptLength + chunk.length;
    if (kept.length < length) {
      const larger = Buffer.allocUnsafe(Math.max(length, kept.length * 2, 4096));
      kept.copy(larger, 0, 0, keptLength);
      kept = larger;
    }
    chunk.copy(kept, keptLength);
    keptLength = length;
    return kept.subarray(0, length);
  };

  const keep = (bytes: Buffer, from: number): void => {
    keptLength = bytes.length - from;
    searched = Math.max(0, searched - from);
    firstCrlf -= from;
    const inPlace = bytes.buffer === kept.buffer && bytes.byteOffset === kept.byteOffset;
    if (kept.length < keptLength || (kept.length > KEEP_CAPACITY && keptLength < KEEP_CAPACITY / 4)) {
      const fitting = Buffer.allocUnsafe(Math.max(keptLength, 4096));
      bytes.copy(fitting, 0, from);
      kept = fitting;
    } else if (!inPlace || from > 0) {
      bytes.copy(kept, 0, from);
    }
  };

  /** Takes every message that is there whole; returns where the unfinished one begins. */
  const consume = (bytes: Buffer): number => {
    let at = 0;
    let bannerAt = bytes.indexOf(BANNER, Math.max(0, searched - BANNER.length));
    for (;;) {
      if (bannerAt < 0) return consumeUpTo(bytes, at, bytes.length);
      at = consumeUpTo(bytes, at, bannerAt);
      const beginsLine = bannerAt === 0 ? !discarding : bytes[bannerAt - 1] === LF || at === bannerAt;
      const found = decideBanner(bytes, bannerAt, bytes.length, beginsLine);
      if (found === 'undecided') {
        searched = Math.min(searched, bannerAt);
        return at;
      }
      if (found === 'no') {
        const next = bytes.indexOf(BANNER, bannerAt + 1);
        bannerAt = next;
        continue;
      }
      if (!discarding && at < bannerAt) counters.malformed++;
      discarding = false;
      at = found.end;
      searched = at;
      banner(found.version);
      bannerAt = bytes.indexOf(BANNER, at);
    }
  };

  const consumeUpTo = (bytes: Buffer, from: number, to: number): number => {
    if (lineEnd === 'crlf' || firstCrlf >= to) return consumeLines(bytes, from, to);
    const at = consumeLines(bytes, from, Math.max(from, firstCrlf));
    lineEnd = 'crlf';
    return consumeLines(bytes, at, to);
  };

  const consumeLines = (bytes: Buffer, from: number, to: number): number => {
    let at = from;
    for (;;) {
      if (!discarding) at = skipBlank(bytes, at, to);
      const blank = findBlank(bytes, Math.max(at, searched - BLANK_OVERLAP), to, lineEnd);
      if (blank < 0) break;
      const tooLong = blank - at > maxMessage;
      if (!discarding && !tooLong) {
        counters.messages++;
        message(bytes, at, blank);
      } else if (!discarding) {
        counters.discarded++;
      }
      discarding = false;
      at = skipBlank(bytes, blank, to);
    }
    searched = to;
    if (!discarding && to - at > maxMessage + BLANK_BYTES) {
      counters.discarded++;
      discarding = true;
    }
    // Of a message that is dropped, enough is kept to recognise its end, or a banner, in the bytes to come.
    return discarding ? Math.max(at, to - BANNER.length - BLANK_OVERLAP) : at;
  };

  const end = (): void => {
    if (keptLength > 0 && !discarding) counters[keptLength > maxMessage + BLANK_BYTES ? 'discarded' : 'malformed']++;
    keptLength = 0;
    searched = 0;
    discarding = false;
  };

  return { push, end, counters };
};
