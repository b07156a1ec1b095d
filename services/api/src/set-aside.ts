import type { Quarantined } from '@rollcall/channel';
import type { CacheReader } from '@rollcall/state-cache';

/** What is set aside: streams at an event that no handler could take. `waiting`: events behind it. */
export type SetAside = { count: number; streams: (Quarantined & { waiting: number })[] };

/** In the order in which they were set aside; of those PBXs alone, where they are given, and the first `most` of them. */
export const setAside = (
  cache: CacheReader,
  { pbxs, most }: { pbxs?: readonly string[] | undefined; most: number },
): SetAside => {
  const held = [...cache.quarantine()].filter(({ pbx }) => pbxs?.includes(pbx) ?? true);
  const first = held.sort((a, b) => a.position - b.position).slice(0, most);
  return { count: held.length, streams: first.map((one) => ({ ...one, waiting: one.head - one.revision })) };
};
