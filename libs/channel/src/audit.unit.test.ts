import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ghostKey, isGhost, overSince, stillListed, unrealEntries } from './audit.ts';
import type { ChannelEvent, RecordedEvent } from './events.ts';
import type { ChannelList, ListedChannel } from './observation.ts';
import { position, revision } from './place.ts';

const item = (uniqueid: string, name: string): ListedChannel => ({ uniqueid, facts: { name, created: 1000 } });
const real = (channels: ListedChannel[], complete = true): ChannelList => ({ authority: 'real', channels, complete });
const shown = (channels: ListedChannel[], from = 'CoreShowChannels', complete = true) => ({
  from,
  list: { authority: 'cache' as const, channels, complete },
});

describe("Asterisk's own ghosts", () => {
  test('an entry without a real channel is unreal, with where it is seen and since when it is listed', () => {
    const entries = unrealEntries(real([item('1.1', 'A')]), [shown([item('1.1', 'A'), item('1.2', 'B')])]);
    expect(entries).toEqual([{ uniqueid: '1.2', name: 'B', seenIn: ['CoreShowChannels'], listedSince: 1000 }]);
  });
  test('the former name of a live channel is unreal, the channel is not (real: a masquerade cut its name)', () => {
    const entries = unrealEntries(real([item('1.1', 'Cut')]), [shown([item('1.1', 'Long'), item('1.1', 'Cut')])]);
    expect(entries.map(({ name }) => name)).toEqual(['Long']);
  });
  test('what several caches list is one entry', () => {
    const caches = [shown([item('1.1', 'A')]), shown([item('1.1', 'A'), item('1.2', 'B')], 'ARI /channels')];
    expect(unrealEntries(real([]), caches).map(({ name, seenIn }) => [name, seenIn])).toEqual([
      ['A', ['CoreShowChannels', 'ARI /channels']],
      ['B', ['ARI /channels']],
    ]);
  });
  test('nothing is unreal beside an incomplete list, or beside one that a cache answered', () => {
    expect(unrealEntries(real([], false), [shown([item('1.1', 'A')])])).toEqual([]);
    expect(unrealEntries({ ...real([]), authority: 'cache' }, [shown([item('1.1', 'A')])])).toEqual([]);
  });
  test('a cache that was cut off names what it has', () => {
    expect(unrealEntries(real([]), [shown([item('1.1', 'A')], 'CoreShowChannels', false)]).length).toBe(1);
  });
  test('what is listed no more was only being hung up', () => {
    const unreal = unrealEntries(real([]), [shown([item('1.1', 'A'), item('1.2', 'B')])]);
    expect(stillListed(unreal, [shown([item('1.2', 'B')])]).map(({ name }) => name)).toEqual(['B']);
    expect(stillListed(unreal, [shown([item('1.2', 'Other')])])).toEqual([]);
  });
  test('a second look that finds the channel under that name clears it; under another name it does not', () => {
    const [entry] = unrealEntries(real([]), [shown([item('1.1', 'A')])]);
    if (!entry) throw new Error('nothing is unreal');
    expect(isGhost(entry, item('1.1', 'A'), false)).toBe(false);
    expect(isGhost(entry, item('1.1', 'Cut'), true)).toBe(true);
    expect(isGhost(entry, undefined, false)).toBe(true);
  });
  test('a channel of which an event came just then is left to the next audit', () => {
    const [entry] = unrealEntries(real([]), [shown([item('1.1', 'A')])]);
    expect(entry && isGhost(entry, undefined, true)).toBe(false);
  });
});

/** A channel's life in moments: real from `born` to `unlinked`, in the cache until `destroyed`; one that is orphaned stays there. */
const life = fc
  .record({
    born: fc.nat(100),
    lives: fc.nat(100),
    lingers: fc.nat(9),
    renamedAfter: fc.option(fc.nat(100), { nil: undefined }),
    orphaned: fc.boolean(),
  })
  .map(({ born, lives, lingers, renamedAfter, orphaned }) => ({
    born,
    unlinked: born + lives,
    destroyed: born + lives + lingers,
    renamed: renamedAfter !== undefined && renamedAfter < lives ? born + renamedAfter : undefined,
    orphaned,
  }));

type Life = { born: number; unlinked: number; destroyed: number; renamed: number | undefined; orphaned: boolean };

const nameAt = ({ renamed }: Life, at: number, n: number) =>
  renamed !== undefined && at >= renamed ? `cut-${n}` : `n-${n}`;
const realAt = (lives: Life[], at: number): ListedChannel[] =>
  lives.flatMap((one, n) => (one.born <= at && at < one.unlinked ? [item(`1.${n}`, nameAt(one, at, n))] : []));
/** The entry that is left behind: under the first name, when the channel is renamed, or else when it is destroyed. */
const ghostsAt = (lives: Life[], at: number): ListedChannel[] =>
  lives.flatMap((one, n) => (one.orphaned && at >= (one.renamed ?? one.destroyed) ? [item(`1.${n}`, `n-${n}`)] : []));
const cacheAt = (lives: Life[], at: number) =>
  shown([
    ...lives.flatMap((one, n) => (one.born <= at && at < one.destroyed ? [item(`1.${n}`, nameAt(one, at, n))] : [])),
    ...ghostsAt(lives, at),
  ]);

describe('over any lives of channels', () => {
  /** What an audit concludes whose lists were taken at these moments; the grace is longer than any channel lingers. */
  const audited = (lives: Life[], [first, status, again, look]: [number, number, number, number]) => {
    const unreal = unrealEntries(real(realAt(lives, status)), [cacheAt(lives, first)]);
    return stillListed(unreal, [cacheAt(lives, again)]).filter((entry) => {
      const found = realAt(lives, look).find(({ uniqueid }) => uniqueid === entry.uniqueid);
      const one = lives[Number(entry.uniqueid.slice(2))];
      const touched =
        one !== undefined && [one.born, one.destroyed, one.renamed ?? -1].some((t) => t > again && t <= look);
      return isGhost(entry, found, touched);
    });
  };
  const moments = fc
    .tuple(fc.nat(150), fc.nat(5), fc.nat(20), fc.nat(5))
    .map(([first, toStatus, wait, toLook]): [number, number, number, number] => {
      const status = first + toStatus;
      return [first, status, status + 10 + wait, status + 10 + wait + toLook];
    });
  const names = (entries: { uniqueid: string; name: string }[]) => entries.map(ghostKey).sort();

  test('no channel that is or was real is taken for a ghost', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 12 }), moments, (lives, at) => {
        const ghosts = new Set(
          ghostsAt(lives, at[2]).map(({ uniqueid, facts }) => ghostKey({ uniqueid, name: facts.name ?? '' })),
        );
        expect(audited(lives, at).filter((entry) => !ghosts.has(ghostKey(entry)))).toEqual([]);
      }),
    );
  });
  test('every ghost that was there from the first list on, and is not just being touched, is named', () => {
    fc.assert(
      fc.property(fc.array(life, { maxLength: 12 }), moments, (lives, at) => {
        const [first, , again, look] = at;
        const due = ghostsAt(lives, first).flatMap(({ uniqueid, facts }) => {
          const { destroyed = 0 } = lives[Number(uniqueid.slice(2))] ?? {};
          return destroyed > again && destroyed <= look ? [] : [{ uniqueid, name: facts.name ?? '' }];
        });
        expect(names(audited(lives, at))).toEqual(expect.arrayContaining(names(due)));
      }),
    );
  });
});

describe('since when an entry is false', () => {
  const stream = (...events: (ChannelEvent & { time: number })[]): RecordedEvent[] =>
    events.map((event, n) => ({
      ...{ id: '0', pbx: 'a', boot: 1, source: 'ami', schema: 1, stream: 'channel/a/1/1.1', recorded: 0 },
      ...event,
      revision: revision(n),
      position: position(n + 1),
    }));
  const created = { type: 'ChannelCreated', data: { name: 'A', origin: 'created' }, time: 1 } as const;
  const renamed = { type: 'ChannelRenamed', data: { name: 'B' }, time: 2 } as const;
  const destroyed = { type: 'ChannelDestroyed', data: { reason: 'hangup' }, time: 3 } as const;

  test.each([
    ['the channel was over', 'A', [created, destroyed], 3],
    ['it gave up that name', 'A', [created, renamed, destroyed], 2],
    ['it gave up that name, and lives', 'A', [created, renamed], 2],
    ['it was over under another name, and never had this one as far as is known', 'C', [created, destroyed], 3],
    ['it lives under that name', 'B', [created, renamed], undefined],
    ['nothing is known of it', 'A', [], undefined],
  ])('%s', (_, name, events, since) => {
    expect(overSince(name, stream(...events))).toBe(since);
  });
});
