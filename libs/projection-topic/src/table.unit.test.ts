import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChannelRecord } from './read-record.ts';
import { type ChannelChange, createTable, differences, MOST_TOMBSTONES, type Table } from './table.ts';
import { channelOf } from './testing/a-list.ts';
import { supersedes, type Version } from './version.ts';

type Taken = Extract<ChannelRecord, { is: 'snapshot' | 'tombstone' }>;

const NAMES = ['PJSIP/a-1', 'pjsip/A-1', 'Local/ö@x;1'];

const snapshot = (uniqueid: string, boot: number, revision: number, log = 'log-1'): Taken => ({
  is: 'snapshot',
  key: `pbx-a/${uniqueid}`,
  version: { log, boot, revision, gone: false },
  channel: channelOf(uniqueid, { boot, revision, name: NAMES[revision % 3] ?? '', state: revision }),
});

const tombstone = (uniqueid: string, boot: number, revision: number, log = 'log-1'): Taken => ({
  is: 'tombstone',
  key: `pbx-a/${uniqueid}`,
  version: { log, boot, revision, gone: true },
});

/** What one log can have published: of one place there is one record, and perhaps its end. */
const records: fc.Arbitrary<Taken> = fc
  .record({ id: fc.nat(3), boot: fc.integer({ min: 1, max: 3 }), revision: fc.nat(6), gone: fc.boolean() })
  .map(({ id, boot, revision, gone }) => (gone ? tombstone : snapshot)(`7.${id}`, boot, revision));

const tableOf = (taken: readonly Taken[]): Table => {
  const table = createTable();
  for (const record of taken) table.take(record);
  return table;
};

const shown = (table: Table) => {
  const byId = [...table.list()].sort((a, b) => (a.uniqueid < b.uniqueid ? -1 : 1));
  const byName = NAMES.map((name) =>
    table
      .byName('pbx-a', name)
      .map(({ uniqueid }) => uniqueid)
      .sort(),
  );
  return { byId, byName };
};

/** Who only hears what changes. */
const follow = (channels: Map<string, unknown>, changes: Iterable<ChannelChange>): void => {
  for (const { change, channel } of changes) {
    expect(channels.has(channel.uniqueid)).toBe(change !== 'created');
    if (change === 'destroyed') channels.delete(channel.uniqueid);
    else channels.set(channel.uniqueid, channel);
  }
};

const byIdOf = (table: Table): Map<string, unknown> =>
  new Map([...table.list()].map((channel) => [channel.uniqueid, channel]));

describe('a view', () => {
  test('is the same in whatever order the records of a log come, and how often', () => {
    const shuffled = fc
      .array(records, { maxLength: 40 })
      .chain((taken) =>
        fc.tuple(fc.constant(taken), fc.shuffledSubarray([...taken, ...taken], { minLength: taken.length * 2 })),
      );
    fc.assert(
      fc.property(shuffled, ([taken, mixed]) => {
        expect(shown(tableOf(mixed))).toEqual(shown(tableOf(taken)));
      }),
      { numRuns: 500 },
    );
  });

  test('is what the newest record of each key says', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 40 }), (taken) => {
        const newest = new Map<string, Taken>();
        for (const one of taken) if (supersedes(one.version, newest.get(one.key)?.version)) newest.set(one.key, one);
        const live = [...newest.values()].filter(({ is }) => is === 'snapshot').map(({ key }) => key);
        expect([...tableOf(taken).live.keys()].sort()).toEqual(live.sort());
      }),
    );
  });

  test('tells of every change exactly once', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 40 }), (taken) => {
        const table = createTable();
        const channels = new Map<string, unknown>();
        for (const record of taken) follow(channels, table.take(record) ?? []);
        expect(channels).toEqual(byIdOf(table));
      }),
    );
  });

  test('that is read anew tells what is otherwise', () => {
    fc.assert(
      fc.property(fc.array(records), fc.array(records), (before, after) => {
        const [one, other] = [tableOf(before), tableOf(after)];
        const channels = byIdOf(one);
        follow(channels, differences(one, other));
        expect(channels).toEqual(byIdOf(other));
        expect([...differences(other, other)]).toEqual([]);
      }),
    );
  });

  test('has both of two channels with one name, whatever its case', () => {
    const table = tableOf([snapshot('7.1', 1, 0), snapshot('7.2', 1, 1)]);
    expect(table.byName('pbx-a', 'PJSIP/A-1').map(({ uniqueid }) => uniqueid)).toEqual(['7.1', '7.2']);
    expect(table.byName('pbx-b', 'PJSIP/A-1')).toEqual([]);
  });
});

describe('what is over', () => {
  test('stays over when an older snapshot comes late', () => {
    expect([...tableOf([snapshot('7.1', 1, 3), tombstone('7.1', 1, 5), snapshot('7.1', 1, 4)]).list()]).toEqual([]);
  });

  test('stays over when the snapshot that it ended comes once more', () => {
    expect([...tableOf([tombstone('7.1', 1, 5), snapshot('7.1', 1, 5)]).list()]).toEqual([]);
  });

  test('is live again when the log goes on with it', () => {
    expect([...tableOf([tombstone('7.1', 1, 5), snapshot('7.1', 1, 6)]).list()]).toHaveLength(1);
  });

  test('is remembered, as many as there is room for', () => {
    const table = createTable();
    for (let n = 0; n <= MOST_TOMBSTONES; n++) table.take(tombstone(`9.${n}`, 1, 1));
    expect(table.tombstones.size).toBe(MOST_TOMBSTONES);
    expect(table.tombstones.has('pbx-a/9.0')).toBe(false);
    expect(table.tombstones.has(`pbx-a/9.${MOST_TOMBSTONES}`)).toBe(true);
  });
});

describe('a channel of a new boot with an old id', () => {
  test('is another channel: the old one is over', () => {
    const table = tableOf([snapshot('7.1', 1, 3)]);
    expect(table.take(snapshot('7.1', 2, 0))?.map(({ change }) => change)).toEqual(['destroyed', 'created']);
  });
});

describe('records of two logs', () => {
  test('cannot be compared: the later one in the partition counts', () => {
    const old: Version = { log: 'log-1', boot: 7, revision: 20, gone: false };
    const fresh: Version = { log: 'log-2', boot: 1, revision: 0, gone: false };
    expect(supersedes(fresh, old)).toBe(true);
    expect(supersedes(old, fresh)).toBe(true);
    expect([
      ...tableOf([snapshot('7.1', 7, 20), tombstone('7.1', 7, 20), snapshot('7.1', 1, 0, 'log-2')]).list(),
    ]).toHaveLength(1);
  });

  test('a channel that lives on in a new log has changed, it is not another one', () => {
    const table = tableOf([snapshot('7.1', 7, 20)]);
    expect(table.take(snapshot('7.1', 1, 0, 'log-2'))?.map(({ change }) => change)).toEqual(['changed']);
  });
});
