import { type Channel, evolve, evolvePbx, type Pbx, type RecordedEvent } from '@rollcall/channel';
import type { StateCache } from '@rollcall/state-cache';
import type { Fail } from './failure.ts';

/** cache == fold(log) at its checkpoint, at every commit; what an interrupted process left, at its end. */
export const checkCache = (events: readonly RecordedEvent[], fail: Fail) => {
  let folded = new Map<string, Channel>();
  let pbxs = new Map<string, Pbx>();
  let index = 0;
  let checkpoint = 0;

  /** Brings the fold to `checkpoint`; returns the streams that it passed. */
  const foldTo = (to: number): Set<string> => {
    const passed = new Set<string>();
    for (let event = events[index]; event && event.position <= to; event = events[++index]) {
      passed.add(event.stream);
      if (event.stream.startsWith('pbx/')) pbxs.set(event.pbx, evolvePbx(pbxs.get(event.pbx), event));
      else {
        const channel = evolve(folded.get(event.stream), event);
        if (channel) folded.set(event.stream, channel);
        else folded.delete(event.stream);
      }
    }
    return passed;
  };

  const compare = (cache: StateCache, stream: string): void => {
    const expected = folded.get(stream);
    const actual = cache.get(stream);
    if (JSON.stringify(expected) !== JSON.stringify(actual)) {
      fail('the cache is exactly the log', `${stream}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
    } else if (actual && !cache.byName(actual.pbx, actual.name.toUpperCase()).includes(actual)) {
      fail('both indexes change together', `${stream} is not found as ${actual.name}`);
    }
  };

  const whole = (cache: StateCache): void => {
    for (const stream of new Set([...folded.keys(), ...[...cache.entries()].map(([stream]) => stream)])) {
      compare(cache, stream);
    }
    const names = new Map<string, number>();
    for (const { name } of cache.list()) names.set(name.toLowerCase(), (names.get(name.toLowerCase()) ?? 0) + 1);
    for (const { pbx, name } of cache.list()) {
      const found = cache.byName(pbx, name).length;
      const expected = names.get(name.toLowerCase());
      if (found !== expected) fail('both indexes change together', `${found} of ${expected} named ${name}`);
    }
    for (const pbx of pbxs.values()) {
      if (JSON.stringify(pbx) !== JSON.stringify(cache.pbx(pbx.name))) fail('the cache is exactly the log', 'its PBX');
    }
  };

  return {
    /** A process has loaded its cache, somehow: everything is compared. */
    loaded: (cache: StateCache): void => {
      folded = new Map();
      pbxs = new Map();
      index = 0;
      foldTo(cache.checkpoint);
      checkpoint = cache.checkpoint;
      whole(cache);
    },
    committed: (cache: StateCache): void => {
      if (cache.checkpoint <= checkpoint) fail('a checkpoint goes forwards', `${checkpoint} to ${cache.checkpoint}`);
      if (cache.checkpoint > (events.at(-1)?.position ?? 0)) fail('a checkpoint is in the log', `${cache.checkpoint}`);
      checkpoint = cache.checkpoint;
      for (const stream of foldTo(cache.checkpoint)) {
        if (!stream.startsWith('pbx/')) compare(cache, stream);
        else if (JSON.stringify(pbxs.get('a')) !== JSON.stringify(cache.pbx('a'))) {
          fail('the cache is exactly the log', 'its PBX');
        }
      }
      if (folded.size !== cache.size)
        fail('the cache is exactly the log', `${cache.size} channels, not ${folded.size}`);
    },
    whole,
  };
};
