import { crc32 } from 'node:zlib';

/** Sums of checksums are kept modulo this: small enough that adding two stays exact in a double. */
export const SUM_MODULUS = 2 ** 48;

/** A checksum is kept as a signed number, which SQLite stores in four bytes, and counts as unsigned. */
export const addChecksum = (sum: number, checksum: number): number => {
  const next = sum + (checksum >>> 0);
  return next < SUM_MODULUS ? next : next - SUM_MODULUS;
};

/** Stands for the name of an event's stream, and for its kind, in the event's checksum: made once for many events. */
export const labelOf = (...parts: readonly (string | number)[]): number => crc32(parts.join('\n'));

export type Checksummed = {
  position: number;
  revision: number;
  time: number;
  recorded: number;
  id: string;
  /** The data's text. */
  text: string;
};

const numbers = new DataView(new ArrayBuffer(48));
const bytes = new Uint8Array(numbers.buffer);

/**
 * CRC-32 over everything that an event says: its numbers as little-endian doubles, the labels of its stream (name, PBX) and kind
 * (type, boot, source, schema), its id and the text of its data. So it holds in every copy of the log, whatever the numbers of
 * streams and kinds there.
 */
export const eventChecksum = (event: Checksummed, stream: number, kind: number): number => {
  numbers.setFloat64(0, event.position, true);
  numbers.setFloat64(8, event.revision, true);
  // SQLite keeps no negative zero.
  numbers.setFloat64(16, event.time + 0, true);
  numbers.setFloat64(24, event.recorded + 0, true);
  numbers.setFloat64(32, stream, true);
  numbers.setFloat64(40, kind, true);
  return crc32(event.text, crc32(event.id, crc32(bytes))) | 0;
};
