import { Buffer, isUtf8 } from 'node:buffer';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RollcallError } from '@rollcall/errors';
import { importInvalid, importUnreadable } from './import-errors.ts';

/** Longer than any line of an export can rightly be, in bytes. */
const LINE_LIMIT = 16 * 1024 * 1024;

const NEWLINE = 10;

const isGzip = (start: Buffer): boolean => start[0] === 0x1f && start[1] === 0x8b;

async function* startingWith(first: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield Buffer.from(next.value);
  } finally {
    await rest.return?.();
  }
}

/** Plain or compressed: the first bytes say which. */
const plain = async (input: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Buffer>> => {
  const chunks = input[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  const all = startingWith(start, chunks);
  if (!isGzip(start)) return all;
  // Whatever goes wrong is thrown to who reads from it.
  return pipeline(Readable.from(all), createGunzip(), () => {});
};

/**
 * The lines of an export that comes as bytes, as they are or gzipped.
 * @throws RollcallError IMPORT_INVALID for a line that is no text or too long, IMPORT_UNREADABLE when the bytes come to a bad end
 */
export async function* exportLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let count = 0;
  let begun: Buffer[] = [];
  let length = 0;
  const text = (bytes: Buffer): string => {
    count += 1;
    if (!isUtf8(bytes)) throw importInvalid(count, undefined, 'it is not UTF-8');
    return bytes.toString('utf8');
  };
  try {
    for await (const chunk of await plain(input)) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        const line = chunk.subarray(from, end);
        yield text(begun.length > 0 ? Buffer.concat([...begun, line]) : line);
        begun = [];
        length = 0;
        from = end + 1;
      }
      if (from < chunk.length) begun.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > LINE_LIMIT) throw importInvalid(count + 1, undefined, `it is longer than ${LINE_LIMIT} bytes`);
    }
  } catch (error) {
    if (error instanceof RollcallError) throw error;
    throw importUnreadable(count, error instanceof Error ? error.message : String(error), error);
  }
  if (begun.length > 0) yield text(Buffer.concat(begun));
}
