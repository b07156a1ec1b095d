import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAgenda } from './agenda.ts';
import { createDeliver } from './deliver.ts';
import { partitioning } from './partition.ts';
import { type ChannelTopic, publishRound } from './publish-round.ts';
import { type RawRecord, readChannelRecord } from './read-record.ts';
import { createTable, type Table } from './table.ts';
import { createList, type List } from './testing/a-list.ts';
import { hastyWorld } from './testing/a-world.ts';
import { createFakeTopic, type Fate } from './testing/fake-topic.ts';

const PARTITIONS = 3;

/** Everything of a publisher but its connection. */
const publisherTo = (topic: ReturnType<typeof createFakeTopic>, list: List) => {
  const agenda = createAgenda();
  const world = hastyWorld();
  const trying = { world, signal: new AbortController().signal, failed: () => {} };
  const deliver = createDeliver(topic.sender, trying, { delivered: () => {}, tooLarge: () => {} });
  const channels: ChannelTopic = { name: 'channels', partitions: PARTITIONS, held: new Map(), next: new Map() };
  const counters = { snapshots: 0, tombstones: 0 };
  const publish = () =>
    publishRound(agenda.take(), { topic: channels, cache: list.cache, agenda, deliver, log: 'log-1', world, counters });
  return { agenda, channels, counters, publish };
};

const take = (table: Table, record: RawRecord): void => {
  const read = readChannelRecord(record);
  expect(['snapshot', 'tombstone']).toContain(read.is);
  if (read.is === 'snapshot' || read.is === 'tombstone') table.take(read);
};

const asJson = (channels: Iterable<object>): unknown => [...channels].map((channel) => JSON.stringify(channel)).sort();

const fates = fc.array(fc.constantFrom<Fate>('ok', 'lost', 'unanswered', 'in part', 'too large'), { maxLength: 12 });

/** What happens: to channel `id`, or a round of publishing. */
const steps = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 5 }),
    what: fc.constantFrom('put', 'put', 'put', 'put', 'end', 'publish', 'publish', 'reboot'),
  }),
  { maxLength: 40 },
);

describe('whatever becomes of the requests', () => {
  test('the topic ends up with exactly what the list has, for who read it all, in order, and for who comes after compaction', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fates, async (todo, met) => {
        const topic = createFakeTopic(met);
        const list = createList();
        const { agenda, publish, channels } = publisherTo(topic, list);
        for (const { id, what } of todo) {
          if (what === 'put') agenda.markChanges(list.put(`7.${id}`, { state: id }));
          if (what === 'end') agenda.markChanges(list.end(`7.${id}`));
          if (what === 'reboot') agenda.markChanges(list.reboot());
          if (what === 'publish') await publish();
        }
        await publish();
        expect(agenda.isEmpty).toBe(true);

        // Of two boots with one id only the newer one is on the topic, as the ingest ends the former before.
        const newest = new Map(
          [...list.cache.list()].sort((a, b) => a.boot - b.boot).map((one) => [one.uniqueid, one]),
        );
        const listed = asJson(newest.values());
        const all = createTable();
        for (const records of topic.partitions.values()) for (const record of records) take(all, record);
        const late = createTable();
        for (const record of topic.compacted().values()) take(late, record);
        expect(asJson(late.list())).toEqual(listed);
        expect(asJson(all.list())).toEqual(listed);

        expect(new Set(channels.held.keys())).toEqual(new Set(late.live.keys()));
        for (const [partition, records] of topic.partitions) {
          expect(channels.next.get(partition)).toBe(records.length);
          for (const { key } of records) expect(partitioning(PARTITIONS)(String(key))).toBe(partition);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a round', () => {
  test('publishes what is equal not once more', async () => {
    const topic = createFakeTopic([]);
    const list = createList();
    const { agenda, publish, counters } = publisherTo(topic, list);
    const changes = list.put('7.1');
    agenda.markChanges(changes);
    await publish();
    agenda.markChanges(changes);
    await publish();
    expect(counters).toEqual({ snapshots: 1, tombstones: 0 });
  });

  test('says of a channel that came and went meanwhile that it is over, and nothing else', async () => {
    const topic = createFakeTopic([]);
    const list = createList();
    const { agenda, publish, counters } = publisherTo(topic, list);
    agenda.markChanges(list.put('7.1'));
    agenda.markChanges(list.end('7.1'));
    await publish();
    expect(counters).toEqual({ snapshots: 0, tombstones: 1 });
    expect(agenda.ends.size).toBe(0);
  });
});
