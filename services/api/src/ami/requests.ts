/** What a client sent up to a blank line. */
export type Request = {
  /** Its lines, without their ends, in the order in which they came; those of a request with a flaw, as far as they were taken. */
  headers: readonly string[];
  flaw: Flaw | undefined;
};

export type Flaw = 'line-too-long' | 'too-many-lines';

export type RequestReader = {
  /** The requests that these bytes finish. Never throws, whatever the bytes, and keeps no more than one request. */
  push(chunk: Buffer): Request[];
};

/** Bytes of a line, its end included, and lines of a request (main/manager.c, Asterisk 16 to 23). */
const MAX_LINE = 1024;
const MAX_HEADERS = 128;

const LF = 10;
const CR = 13;

/**
 * Cuts bytes into requests as Asterisk does: a line ends in CRLF or LF, a blank line ends the request, a NUL ends what counts of a line.
 * Of a line that is too long only the last byte of each full buffer is kept, so that its end is still found.
 */
export const createRequestReader = (): RequestReader => {
  let rest: Buffer = Buffer.alloc(0);
  let headers: string[] = [];
  let flaw: Flaw | undefined;

  const take = (line: string, requests: Request[]): void => {
    if (line === '') {
      requests.push({ headers, flaw });
      headers = [];
      flaw = undefined;
    } else if (headers.length < MAX_HEADERS) headers.push(line);
    // That there were too many lines is said before that one was too long.
    else flaw = 'too-many-lines';
  };

  return {
    push: (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const requests: Request[] = [];
      let at = 0;
      for (;;) {
        const end = bytes.indexOf(LF, at);
        const length = (end < 0 ? bytes.length : end + 1) - at;
        if (length > MAX_LINE || (end < 0 && length === MAX_LINE)) {
          flaw ??= 'line-too-long';
          at += MAX_LINE - 1;
        } else if (end < 0) break;
        else {
          take(textOf(bytes, at, bytes[end - 1] === CR && end > at ? end - 1 : end), requests);
          at = end + 1;
        }
      }
      // A copy: the bytes are only lent, and a small rest must not keep a large chunk.
      rest = Buffer.from(bytes.subarray(at));
      return requests;
    },
  };
};

const textOf = (bytes: Buffer, from: number, to: number): string => {
  const nul = bytes.indexOf(0, from);
  return bytes.toString('utf8', from, nul >= 0 && nul < to ? nul : to);
};

/** The value of the first header of that name, without the blanks before it; case does not count. `''` where there is none. */
export const header = ({ headers }: Request, name: string): string => {
  const value = headers.find((line) => named(line, name));
  return value === undefined ? '' : textAfter(value, name);
};

/** The first that is not empty: so Asterisk looks for the action. */
export const filledHeader = ({ headers }: Request, name: string): string => {
  for (const line of headers) {
    if (named(line, name) && textAfter(line, name) !== '') return textAfter(line, name);
  }
  return '';
};

const named = (line: string, name: string): boolean =>
  line[name.length] === ':' && line.slice(0, name.length).toLowerCase() === name.toLowerCase();

/** Asterisk's blanks are all bytes from 1 to 32. */
const textAfter = (line: string, name: string): string => {
  let at = name.length + 1;
  while (at < line.length && line.charCodeAt(at) <= 32) at++;
  return line.slice(at);
};
