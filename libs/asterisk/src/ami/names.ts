/** A fixed set of names that can be looked up in bytes without making a string of them. */
export type NameTable = {
  /** Index of the name that stands at bytes[start, end), or -1. Case counts: Asterisk never varies it. */
  find(bytes: Uint8Array, start: number, end: number): number;
};

const BUCKETS = 256;

export const nameTable = (names: readonly string[]): NameTable => {
  const encoded = names.map((name) => Buffer.from(name));
  const buckets: number[][] = Array.from({ length: BUCKETS }, () => []);
  encoded.forEach((name, index) => {
    if (name.length > 0) buckets[bucketOf(name, 0, name.length)]?.push(index);
  });
  return {
    find: (bytes, start, end) => {
      if (start >= end) return -1;
      const bucket = buckets[bucketOf(bytes, start, end)];
      if (bucket === undefined) return -1;
      for (let i = 0; i < bucket.length; i++) {
        const index = bucket[i] ?? -1;
        const name = encoded[index];
        if (name !== undefined && name.length === end - start && startsWith(bytes, start, end, name)) return index;
      }
      return -1;
    },
  };
};

/** True when bytes[start, end) begin with `prefix`. */
export const startsWith = (bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean => {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[start + i] !== prefix[i]) return false;
  }
  return true;
};

const bucketOf = (bytes: Uint8Array, start: number, end: number): number =>
  ((end - start) * 37 + (bytes[start] ?? 0) * 5 + (bytes[end - 1] ?? 0)) % BUCKETS;
