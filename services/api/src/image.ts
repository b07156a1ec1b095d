import { Readable } from 'node:stream';
import type { CacheReader } from '@rollcall/state-cache';

/** Raised whenever a line of an image means something else than before. */
const FORMAT = 1;

/** Characters handed to a reader at once. */
const CHUNK = 64 * 1024;

/**
 * The list whole, with its own indexes as they are, as lines of JSON: a header with log, position and the number of lines that
 * follow; then PBXs, channels under the stream that they are kept under, the index by name, and what is set aside. Taken in this
 * turn, since nothing that a cache holds is ever changed in place: what comes later is not in it. The lines are made as they are read.
 */
export const imageLines = (cache: CacheReader, log: string): Iterable<string> => {
  const [pbxs, channels, names, quarantine] = [
    [...cache.pbxs()],
    [...cache.entries()],
    [...cache.names()],
    [...cache.quarantine()],
  ];
  const lines = pbxs.length + channels.length + names.length + quarantine.length;
  const header = { rollcallImage: FORMAT, log, position: cache.checkpoint, channels: channels.length, lines };
  return (function* () {
    yield JSON.stringify(header);
    for (const pbx of pbxs) yield JSON.stringify({ pbx });
    for (const [stream, channel] of channels) yield JSON.stringify({ stream, channel });
    for (const { key, stream } of names) yield JSON.stringify({ stream, name: key });
    for (const quarantined of quarantine) yield JSON.stringify({ quarantined });
  })();
};

/** The image as a body: no more of it is made than who reads it takes. */
export const imageStream = (cache: CacheReader, log: string): Readable =>
  Readable.from(chunks(imageLines(cache, log)), { objectMode: false });

function* chunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}
