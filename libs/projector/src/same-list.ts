import { type CacheReader, canonicalLines } from '@rollcall/state-cache';

/** Lines compared between two pauses. */
const SLICE = 250;

/**
 * Whether two caches hold the same, byte for byte; their checkpoints are not looked at. In slices: nobody may change the two
 * meanwhile.
 */
export const sameList = async (
  one: CacheReader,
  other: CacheReader,
  breathe: () => Promise<void>,
): Promise<boolean> => {
  const lines = canonicalLines(other);
  let compared = 0;
  for (const line of canonicalLines(one)) {
    if (lines.next().value !== line) return false;
    if (++compared % SLICE === 0) await breathe();
  }
  return lines.next().done === true;
};
