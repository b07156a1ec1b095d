import { createHash } from 'node:crypto';
import type { CacheReader } from './state-cache.ts';

/**
 * The cache as lines of JSON in one fixed order: PBXs by name, then channels and what is set aside by stream. Two caches are
 * equal exactly when these lines are equal, byte for byte.
 */
export function* canonicalLines(cache: CacheReader): Generator<string> {
  const pbxs = [...cache.pbxs()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const pbx of pbxs) yield JSON.stringify({ pbx });
  const streams = [...cache.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, channel] of streams) yield JSON.stringify({ channel });
  const quarantine = [...cache.quarantine()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
  for (const quarantined of quarantine) yield JSON.stringify({ quarantined });
}

/** SHA-256 of the canonical lines and the checkpoint, in hex. */
export const digest = (cache: CacheReader): string => {
  const hash = createHash('sha256');
  for (const line of canonicalLines(cache)) hash.update(line).update('\n');
  return hash.update(String(cache.checkpoint)).digest('hex');
};
