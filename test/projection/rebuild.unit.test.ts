import { type Channel, position, type RecordedEvent, revision, START } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import {
  catchUp,
  createCounters,
  createTurnstile,
  project,
  type RebuildOptions,
  rebuild,
  replay,
  replayOpen,
  verify,
} from '@rollcall/projector';
import { createMemoryCache, differences, digest, type StateCache } from '@rollcall/state-cache';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compacted, histories, logOf } from '../support/history.ts';

const log = (events: readonly RecordedEvent[], compactedTo = START): EventLog => logOf(events, compactedTo) as EventLog;

const foldOf = async (events: readonly RecordedEvent[]): Promise<StateCache> => replay(log(events));

const rebuilt = (events: readonly RecordedEvent[], live: StateCache, more: Partial<RebuildOptions> = {}) =>
  rebuild({ log: log(events), live, turnstile: createTurnstile(), path: 'open', ...more });

const property = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>, numRuns = 200) =>
  fc.assert(fc.asyncProperty(arbitrary, check), { numRuns });

const nothing = (cache: StateCache) => ({
  puts: new Map<string, Channel>(),
  removals: [],
  pbxs: [],
  quarantine: new Map(),
  checkpoint: cache.checkpoint,
});

/** Ways to harm a cache that may be met or thought of; false where this cache has nothing to harm in that way. */
const DAMAGES: Record<string, (cache: StateCache) => boolean> = {
  'an entry is lost': (cache) => {
    const [first] = cache.entries();
    if (first) cache.commit({ ...nothing(cache), removals: [first[0]] });
    return first !== undefined;
  },
  'an entry is invented': (cache) => {
    const [first] = cache.list();
    if (!first) return false;
    cache.commit({ ...nothing(cache), puts: new Map([['channel/a/1/9.9', { ...first, uniqueid: '9.9' }]]) });
    return true;
  },
  'an entry is altered': (cache) => {
    const [first] = cache.entries();
    if (first) cache.commit({ ...nothing(cache), puts: new Map([[first[0], { ...first[1], exten: 'altered' }]]) });
    return first !== undefined;
  },
  'an entry is older than it should be': (cache) => {
    const found = [...cache.entries()].find(([, channel]) => channel.revision > 0);
    if (!found) return false;
    const [stream, channel] = found;
    const older = { ...channel, revision: revision(channel.revision - 1) };
    cache.commit({ ...nothing(cache), puts: new Map([[stream, older]]) });
    return true;
  },
  'an entry stands under the id of another': (cache) => {
    const [first, second] = cache.entries();
    if (!first || !second) return false;
    cache.commit({ ...nothing(cache), puts: new Map([[first[0], second[1]]]) });
    return true;
  },
  'the index by name is torn': (cache) => {
    const [first] = cache.list();
    // Changed behind the index, which goes on under the old name.
    if (first) first.name = `${first.name}-torn`;
    return first !== undefined;
  },
  'the PBX is altered': (cache) => {
    const [pbx] = cache.pbxs();
    if (pbx) cache.commit({ ...nothing(cache), pbxs: [{ ...pbx, connected: !pbx.connected }] });
    return pbx !== undefined;
  },
  'a stream is set aside for nothing': (cache) => {
    const [first] = cache.entries();
    if (!first) return false;
    const [stream, { pbx, revision: at, position: place }] = first;
    const set = { stream, pbx, revision: at, position: place, head: at, type: 'X', reason: 'none', recorded: 0 };
    cache.commit({ ...nothing(cache), quarantine: new Map([[stream, set]]) });
    return true;
  },
  'a stream is no longer set aside': (cache) => {
    const [set] = cache.quarantine();
    if (set) cache.commit({ ...nothing(cache), quarantine: new Map([[set.stream, undefined]]) });
    return set !== undefined;
  },
  'its checkpoint is moved back': (cache) => {
    const before = [...cache.list()].some(({ position: place }) => place === cache.checkpoint);
    if (before) cache.commit({ ...nothing(cache), checkpoint: position(cache.checkpoint - 1) });
    return before;
  },
  'its checkpoint is moved beyond the log': (cache) => {
    cache.commit({ ...nothing(cache), checkpoint: position(cache.checkpoint + 5) });
    return true;
  },
  'everything is lost': (cache) => {
    const had = cache.size > 0;
    cache.commit({ ...nothing(cache), removals: [...cache.entries()].map(([stream]) => stream) });
    return had;
  },
};

describe('a rebuild', () => {
  test('gives the same bytes by the open streams, by every event, and in pieces; and repairs nothing that was right', async () => {
    await property(histories, async (events) => {
      const whole = digest(await foldOf(events));
      for (const path of ['open', 'full'] as const) {
        const live = await foldOf(events);
        const { repaired, previous } = await rebuilt(events, live, { path });
        expect(repaired).toEqual([]);
        expect(digest(live)).toBe(whole);
        expect(digest(previous)).toBe(whole);
        expect(live.checkpoint).toBe(events.at(-1)?.position);
      }
    });
  });

  test('gives the same after retention has dropped what was over', async () => {
    await property(fc.tuple(histories, fc.nat()), async ([events, chance]) => {
      const to = position(chance % (events.length + 1));
      const left = compacted(events, to);
      const end = events.at(-1)?.position ?? START;
      const live = await foldOf(events);
      const short = { ...log(left, to), head: async () => end } as EventLog;
      const fromOpen = await replayOpen(short, end);
      expect(digest(fromOpen)).toBe(digest(live));
      expect(digest(await replay(short, end))).toBe(digest(live));
      await rebuild({ log: short, live, turnstile: createTurnstile(), path: 'open' });
      expect(digest(live)).toBe(digest(await foldOf(events)));
    });
  });

  test('takes in what is appended while it reads, and is nowhere behind the generation it replaces', async () => {
    await property(
      fc.tuple(histories, fc.nat(), fc.constantFrom('open' as const, 'full' as const)),
      async ([events, chance, path]) => {
        const begun = events.slice(0, 1 + (chance % events.length));
        const rest = events.slice(begun.length);
        const live = await foldOf(begun);
        const turnstile = createTurnstile();
        const growing = log(begun);
        const add = async (): Promise<void> => {
          const batch = rest.splice(0, 3);
          begun.push(...batch);
          if (batch.length > 0) await turnstile(() => project(growing, live, batch, createCounters()));
        };
        await rebuild({ log: growing, live, turnstile, path, progress: () => void add() });
        while (rest.length > 0) await add();
        await turnstile(async () => {});
        expect(digest(live)).toBe(digest(await foldOf(events)));
      },
    );
  });

  test('that was stopped goes on where it was, to the same bytes', async () => {
    await property(fc.tuple(histories, fc.nat(20)), async ([events, pages]) => {
      const stop = new AbortController();
      let kept: StateCache | undefined;
      let reports = 0;
      const live = await foldOf(events);
      const before = digest(live);
      const first = rebuilt(events, live, {
        path: 'full',
        signal: stop.signal,
        progress: () => {
          if (reports++ === pages) stop.abort();
        },
        keep: async (unfinished) => {
          kept = unfinished;
        },
      });
      const stopped = await first.then(
        () => false,
        (error) => {
          expect(error).toMatchObject({ code: 'REBUILD_STOPPED' });
          return true;
        },
      );
      expect(digest(live)).toBe(before);
      if (!stopped || !kept) return;
      const from = kept.checkpoint;
      const { events: read } = await rebuilt(events, live, { path: 'full', resumeFrom: kept });
      expect(digest(live)).toBe(before);
      expect(read).toBe(events.filter((event) => event.position > from).length);
    });
  });

  test('whose result the log contradicts is not taken', async () => {
    const [events = []] = fc.sample(
      histories.filter((all) => all.some(({ type }) => type === 'ChannelCreated') && all.length > 20),
      1,
    );
    const live = await foldOf(events);
    const before = digest(live);
    const lying = log(events);
    const half: EventLog = { ...lying, readOpen: (at) => lying.readOpen(position(Math.floor((at ?? 0) / 2))) };
    await expect(rebuild({ log: half, live, turnstile: createTurnstile(), path: 'full' })).rejects.toMatchObject({
      code: 'REBUILD_NOT_VERIFIED',
    });
    const retained = {
      ...lying,
      compactedTo: (
        (let_) => async () =>
          position(let_++)
      )(0),
    };
    await expect(rebuild({ log: retained, live, turnstile: createTurnstile(), path: 'open' })).rejects.toMatchObject({
      message: expect.stringContaining('retention'),
    });
    expect(digest(live)).toBe(before);
  });
});

describe('a damaged cache', () => {
  test.each(Object.entries(DAMAGES))(
    'in which %s is found by verify and repaired by a rebuild, fast or full',
    async (_, damage) => {
      let harmed = 0;
      await property(
        fc.tuple(histories, fc.constantFrom('open' as const, 'full' as const)),
        async ([events, path]) => {
          const live = await foldOf(events);
          if (!damage(live)) return;
          harmed++;
          const found = await verify(log(events), live);
          expect(found.differences).not.toEqual([]);
          await rebuilt(events, live, { path });
          expect(digest(live)).toBe(digest(await foldOf(events)));
          expect(differences(await foldOf(events), live)).toEqual([]);
          expect((await verify(log(events), live)).differences).toEqual([]);
        },
        60,
      );
      expect(harmed).toBeGreaterThan(5);
    },
  );

  test('goes on rightly after its repair', async () => {
    await property(
      fc.tuple(histories, fc.nat(), fc.constantFrom(...Object.values(DAMAGES))),
      async ([events, chance, damage]) => {
        const half = events.slice(0, 1 + (chance % events.length));
        const live = await foldOf(half);
        damage(live);
        await rebuilt(half, live);
        await catchUp(log(events), live, position(events.length));
        expect(digest(live)).toBe(digest(await foldOf(events)));
      },
    );
  });
});

test('who reads a list while the generations are swapped reads the old one to its end', async () => {
  const [events = []] = fc.sample(
    histories.filter((all) => all.filter(({ type }) => type === 'ChannelCreated').length > 4),
    1,
  );
  const live = createMemoryCache();
  await catchUp(log(events), live, position(events.length));
  const expected = [...live.list()];
  const seen: Channel[] = [];
  for (const channel of live.list()) {
    seen.push(channel);
    live.swap(createMemoryCache());
  }
  expect(seen).toEqual(expected);
});
