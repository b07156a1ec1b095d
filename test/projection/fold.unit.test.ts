import { position, type RecordedEvent, START } from '@rollcall/channel';
import { createCounters, project, replay, replayOpen } from '@rollcall/projector';
import { canonicalLines, createMemoryCache, differences, digest, type StateCache } from '@rollcall/state-cache';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histories, logOf } from '../support/history.ts';

const inBatches = async (events: RecordedEvent[], batches: RecordedEvent[][]): Promise<StateCache> => {
  const cache = createMemoryCache();
  const counters = createCounters();
  for (const batch of batches) await project(logOf(events), cache, batch, counters);
  return cache;
};

const property = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, check), { numRuns: 300 });

describe('the cache is fold(log), byte for byte', () => {
  test('in one go, in pieces, and from the open streams alone', async () => {
    await property(
      fc.tuple(histories, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })),
      async ([events, sizes]) => {
        const whole = await inBatches(events, [events]);
        const pieces: RecordedEvent[][] = [];
        for (let from = 0, n = 0; from < events.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          pieces.push(events.slice(from, from + size));
          from += size;
        }
        expect(digest(await inBatches(events, pieces))).toBe(digest(whole));
        expect(digest(await replayOpen(logOf(events) as never))).toBe(digest(whole));
        expect(digest(await replay(logOf(events) as never))).toBe(digest(whole));
      },
    );
  });

  test('when events are delivered twice, and old ones again', async () => {
    await property(fc.tuple(histories, fc.infiniteStream(fc.nat(20))), async ([events, chance]) => {
      const batches: RecordedEvent[][] = [];
      for (let end = 1; end <= events.length; end += 3) {
        const back = chance.next().value;
        batches.push(events.slice(Math.max(0, end - 1 - back), end + 2));
      }
      batches.push(events);
      expect(digest(await inBatches(events, batches))).toBe(digest(await inBatches(events, [events])));
    });
  });

  test('when events are lost on the way: the gap is read from the log', async () => {
    await property(fc.tuple(histories, fc.infiniteStream(fc.boolean())), async ([events, chance]) => {
      // The last event of each stream must come through, or nobody could know that anything was lost.
      const last = new Map(events.map(({ stream, position: at }) => [stream, at]));
      const heard = events.filter(({ stream, position: at }) => last.get(stream) === at || chance.next().value);
      const cache = await inBatches(events, [heard]);
      expect([...canonicalLines(cache)]).toEqual([...canonicalLines(await inBatches(events, [events]))]);
    });
  });

  test('at every position, also from the open streams of then', async () => {
    await property(fc.tuple(histories, fc.nat()), async ([events, chance]) => {
      const at = position(chance % (events.length + 1));
      const then = await inBatches(
        events,
        [events.filter((event) => event.position <= at)].filter((batch) => batch.length > 0),
      );
      expect(digest(await replayOpen(logOf(events) as never, at))).toBe(digest(then));
    });
  });
});

describe('both indexes', () => {
  test('find exactly the live channels, whatever the names did; case does not count', async () => {
    await property(histories, async (events) => {
      const cache = await inBatches(events, [events]);
      for (const [stream, channel] of cache.entries()) {
        expect(cache.get(stream)).toBe(channel);
        expect(cache.byUniqueid('a', channel.uniqueid)).toBe(channel);
        expect(cache.byName('a', channel.name.toUpperCase())).toContain(channel);
      }
      for (const name of ['PJSIP/a-1', 'Local/ö@x;1', 'Local/ö@x;2']) {
        const named = [...cache.list()].filter((channel) => channel.name.toLowerCase() === name.toLowerCase());
        expect(new Set(cache.byName('a', name))).toEqual(new Set(named));
      }
    });
  });

  test('a cache that lost, altered or invented something is told from the log, field by field', async () => {
    await property(fc.tuple(histories, fc.nat(2)), async ([events, damage]) => {
      const good = await inBatches(events, [events]);
      const bad = await inBatches(events, [events]);
      const [first] = bad.entries();
      fc.pre(first !== undefined);
      const [stream, channel] = first as NonNullable<typeof first>;
      const nothing = { puts: new Map(), removals: [], pbxs: [], quarantine: new Map(), checkpoint: bad.checkpoint };
      if (damage === 0) bad.commit({ ...nothing, removals: [stream] });
      if (damage === 1) bad.commit({ ...nothing, puts: new Map([[stream, { ...channel, exten: 'altered' }]]) });
      if (damage === 2) {
        const invented = { ...channel, uniqueid: '9.9' };
        bad.commit({ ...nothing, puts: new Map([['channel/a/1/9.9', invented]]) });
      }
      const found = differences(good, bad);
      expect(found).toHaveLength(1);
      expect(found[0]?.what).toBe(['missing', 'differs', 'extra'][damage]);
      expect(digest(bad)).not.toBe(digest(good));
    });
  });
});

test('a log that lacks an event is an error that names the stream, not a guess', async () => {
  const [events = []] = fc.sample(
    histories.filter((all) => all.some(({ revision }) => revision > 0)),
    1,
  );
  const lacking = events.find(({ revision }) => revision > 0) as RecordedEvent;
  const torn = events.filter((event) => event.stream !== lacking.stream || event.revision !== 0);
  const folding = project(logOf(torn), createMemoryCache(), torn, createCounters());
  await expect(folding).rejects.toMatchObject({ code: 'LOG_GAP', message: expect.stringContaining(lacking.stream) });
  expect(createMemoryCache().checkpoint).toBe(START);
});
