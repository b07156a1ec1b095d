import { RollcallError } from '@rollcall/errors';
import type { CacheReader } from '@rollcall/state-cache';

/** A list that is not read yet is not an empty one: who asks for it is told so. What is set aside may be asked for always. */
export const onceReady = (cache: CacheReader, isReady: () => boolean): CacheReader => {
  const ready = (): CacheReader => {
    if (isReady()) return cache;
    throw new RollcallError('LIST_NOT_READY', 'The list is not read yet.', 'Ask again; /readyz says when.');
  };
  return {
    get checkpoint() {
      return cache.checkpoint;
    },
    get size() {
      return cache.size;
    },
    get: (stream) => ready().get(stream),
    byUniqueid: (pbx, uniqueid) => ready().byUniqueid(pbx, uniqueid),
    byName: (pbx, name) => ready().byName(pbx, name),
    names: () => ready().names(),
    list: () => ready().list(),
    entries: () => ready().entries(),
    pbx: (name) => ready().pbx(name),
    pbxs: () => ready().pbxs(),
    quarantined: (stream) => cache.quarantined(stream),
    quarantine: () => cache.quarantine(),
  };
};
