const SIZE = 4096;
const MAX_BYTES = 64;

/**
 * Reads text out of bytes. The same few values (context, language, a channel's name and ids) stand in every event of a channel:
 * they come back as one string, which saves both the decoding and the memory. Invalid UTF-8 reads as U+FFFD.
 */
export const createInterned = (): ((bytes: Buffer, start: number, end: number) => string) => {
  const seen: (string | undefined)[] = new Array(SIZE).fill(undefined);
  return (bytes, start, end) => {
    const length = end - start;
    if (length === 0) return '';
    if (length > MAX_BYTES) return bytes.toString('utf8', start, end);
    let hash = length;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte > 127) return bytes.toString('utf8', start, end);
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const place = (hash ^ (hash >>> 12)) & (SIZE - 1);
    const known = seen[place];
    if (known !== undefined && isSame(known, bytes, start, length)) return known;
    const text = bytes.toString('latin1', start, end);
    seen[place] = text;
    return text;
  };
};

const isSame = (text: string, bytes: Buffer, start: number, length: number): boolean => {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
};
