import { once } from 'node:events';
import { createGunzip } from 'node:zlib';

/** So that a small damaged or hostile file cannot unfold into all memory at once: gzip expands 1,000 times at most. */
const PIECE = 16 * 1024;

/**
 * The bytes themselves, whether or not they are gzipped (told by their first two bytes, not by a name). A gzip that ends early
 * or is damaged gives what was readable, then `damaged` is called, and the bytes end.
 */
export async function* uncompressed(
  input: AsyncIterable<Buffer>,
  damaged: (why: string) => void,
): AsyncGenerator<Buffer, void> {
  const iterator = input[Symbol.asyncIterator]();
  try {
    let head: Buffer = Buffer.alloc(0);
    while (head.length < 2) {
      const next = await iterator.next();
      if (next.done) break;
      head = head.length ? Buffer.concat([head, next.value]) : next.value;
    }
    const whole = startingWith(head, iterator);
    if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(whole, damaged);
    else yield* whole;
  } finally {
    await iterator.return?.();
  }
}

async function* startingWith(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void> {
  if (head.length) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

async function* gunzipped(input: AsyncIterable<Buffer>, damaged: (why: string) => void): AsyncGenerator<Buffer, void> {
  const gunzip = createGunzip();
  let ready: Buffer[] = [];
  let failure: Error | undefined;
  gunzip.on('data', (piece: Buffer) => ready.push(piece));
  gunzip.on('error', (error) => {
    failure = error;
  });
  // A damaged gzip closes the stream and never calls back.
  const closed = once(gunzip, 'close').catch(() => undefined);
  const written = (piece: Buffer) => new Promise<void>((resolve) => gunzip.write(piece, () => resolve()));
  try {
    for await (const piece of slices(input)) {
      await Promise.race([written(piece), closed]);
      yield* ready;
      ready = [];
      if (failure) break;
    }
    gunzip.end();
    await closed;
    yield* ready;
    if (failure) damaged(/unexpected end/.test(failure.message) ? 'the gzip ends early' : `gzip: ${failure.message}`);
  } finally {
    gunzip.destroy();
  }
}

async function* slices(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  for await (const chunk of input) {
    for (let from = 0; from < chunk.length; from += PIECE) yield chunk.subarray(from, from + PIECE);
  }
}
