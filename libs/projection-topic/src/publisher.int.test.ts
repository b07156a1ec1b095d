import { randomBytes } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { describeWithKafka, freshTopics } from './testing/a-kafka.ts';
import { channelOf, createList } from './testing/a-list.ts';
import { publisherOf, viewOf } from './testing/ends.ts';
import { asJson, history, judged } from './testing/judged.ts';
import { administer, write } from './testing/raw-client.ts';
import { snapshotMessage } from './write-record.ts';

const PATIENT = { timeout: 30_000, interval: 100 };

await describeWithKafka('a publisher', '4', {}, (kafka) => {
  describe('that starts', () => {
    test('publishes what the topic lacks, takes away what is over, changes what differs, and leaves what is equal', async () => {
      const topics = freshTopics();
      const list = createList();
      for (const id of ['7.1', '7.2', '7.3']) list.put(id);
      const first = publisherOf(kafka(), topics, list);
      await first.reconcile();
      await first.close();

      list.end('7.1');
      list.put('7.2', { state: 6 });
      list.put('7.4');
      const second = publisherOf(kafka(), topics, list);
      expect(await second.reconcile()).toEqual({ snapshots: 2, tombstones: 1 });
      expect(await second.reconcile()).toEqual({ snapshots: 0, tombstones: 0 });
      expect(await history(kafka(), topics.channels)).toEqual({
        'pbx-a/7.1': ['0', '-'],
        'pbx-a/7.2': ['0', '1'],
        'pbx-a/7.3': ['0'],
        'pbx-a/7.4': ['0'],
      });
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
    });

    test('with another log on the same topic leaves nothing of the former, and views follow', async () => {
      const topics = freshTopics();
      const [before, after] = [createList(), createList()];
      for (let n = 0; n < 5; n++) before.put('7.1', { state: n });
      before.put('7.2');
      const former = publisherOf(kafka(), topics, before, { log: 'log-0' });
      await former.reconcile();
      const view = viewOf(kafka(), topics);
      await view.ready;
      await former.close();

      after.put('7.1', { state: 6 });
      const publisher = publisherOf(kafka(), topics, after);
      await publisher.reconcile();
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(after.cache));
      await vi.waitFor(() => expect(view.told.sort()).toEqual(['changed 7.1 to 0', 'destroyed 7.2 at 0']), PATIENT);

      await publisher.publish(after.end('7.1'));
      await vi.waitFor(() => expect(view.size).toBe(0), PATIENT);
    });

    test('leaves alone what another of the same log has published further on, until the list has come as far', async () => {
      const topics = freshTopics();
      const [ahead, behind] = [createList(), createList()];
      behind.put('7.1');
      for (let n = 0; n < 3; n++) ahead.put('7.1', { state: n });
      ahead.put('7.2');
      await publisherOf(kafka(), topics, ahead).reconcile();
      const late = publisherOf(kafka(), topics, behind);
      await late.reconcile();
      expect(await history(kafka(), topics.channels)).toEqual({ 'pbx-a/7.1': ['2'], 'pbx-a/7.2': ['0'] });
      // The list comes there, and in this log it was otherwise: as after a backup was restored.
      for (let n = 0; n < 9; n++) await late.publish(behind.pass());
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(behind.cache));
    });
  });

  describe('that is told of the differences after a rebuild', () => {
    test('publishes them and no more, a repair at the same revision too', async () => {
      const topics = freshTopics();
      const list = createList();
      for (const id of ['7.1', '7.2', '7.3']) list.put(id);
      const publisher = publisherOf(kafka(), topics, list);
      await publisher.reconcile();
      const view = viewOf(kafka(), topics);
      await view.ready;
      const checkpoint = list.cache.checkpoint;
      const right = channelOf('7.2', { revision: 0, position: 2, state: 5 });
      const changes = {
        puts: new Map([['channel/pbx-a/1/7.2', right]]),
        removals: ['channel/pbx-a/1/7.1'],
        pbxs: [],
        quarantine: new Map(),
        checkpoint,
      };
      list.cache.commit(changes);
      await publisher.publish(changes);
      expect(await history(kafka(), topics.channels)).toMatchObject({
        'pbx-a/7.1': ['0', '-'],
        'pbx-a/7.2': ['0', '0'],
        'pbx-a/7.3': ['0'],
      });
      await vi.waitFor(() => expect(view.told.sort()).toEqual(['changed 7.2 to 0', 'destroyed 7.1 at 0']), PATIENT);
    });
  });

  describe('beside another of the same log', () => {
    test('that is behind: views are never taken back, and the topic is as the list has it after the next look', async () => {
      const topics = freshTopics();
      const [one, other] = [createList(), createList()];
      const leader = publisherOf(kafka(), topics, one);
      const zombie = publisherOf(kafka(), topics, other);
      await Promise.all([leader.reconcile(), zombie.reconcile()]);
      const view = viewOf(kafka(), topics);
      await view.ready;
      await leader.publish(one.put('7.1'));
      await leader.publish(one.put('7.1', { state: 6 }));
      await leader.publish(one.end('7.1'));
      await leader.publish(one.put('7.2'));
      // The same events of the same log, an hour late.
      await zombie.publish(other.put('7.1'));
      await zombie.publish(other.put('7.1', { state: 6 }));
      await vi.waitFor(() => expect(view.counters().late).toBe(2), PATIENT);
      expect(view.told).toEqual(['created 7.1', 'changed 7.1 to 1', 'destroyed 7.1 at 1', 'created 7.2']);
      await zombie.close();

      expect(await leader.reconcile()).toEqual({ snapshots: 0, tombstones: 1 });
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(one.cache));
    });

    test('of one partition each: together they are the list, and neither touches what the other keeps', async () => {
      const topics = freshTopics();
      const list = createList();
      for (let n = 0; n < 12; n++) list.put(`7.${n}`);
      await publisherOf(kafka(), topics, list).reconcile();
      const empty = createList();
      for (let n = 0; n < 12; n++) empty.pass();
      await publisherOf(kafka(), topics, empty, { partition: 1 }).reconcile();
      const left = await judged(kafka(), topics.channels);
      expect(left.size).toBeGreaterThan(0);
      expect(left.size).toBeLessThan(12);
    });
  });

  test('who reads the checkpoint has everything that it covers', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list);
    const view = viewOf(kafka(), topics);
    await view.ready;
    for (let n = 0; n < 300; n++) {
      publisher.publish(n % 3 === 2 ? list.end(`7.${n - 1}`) : list.put(`7.${n}`));
      const covered = view.checkpoint() ?? 0;
      const known = [...view.list()].every(({ position: at }) => at <= list.cache.checkpoint);
      expect(known && covered <= list.cache.checkpoint).toBe(true);
      for (const channel of list.cache.list()) {
        if (channel.position <= covered) expect(view.get('pbx-a', channel.uniqueid)?.revision).toBe(channel.revision);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(view.checkpoint()).toBe(list.cache.checkpoint), PATIENT);
    expect(view.size).toBe(list.cache.size);
  });

  test('what is not of Rollcall is left alone and told', async () => {
    const topics = freshTopics();
    const list = createList();
    list.put('7.1');
    await publisherOf(kafka(), topics, list).reconcile();
    await write(kafka(), topics.channels, [
      { key: 'hello', value: 'world' },
      { key: 'pbx-a/7.9', value: '{"pbx":"pbx-a"}' },
    ]);
    const publisher = publisherOf(kafka(), topics, list);
    await publisher.reconcile();
    expect([...publisher.state().foreign].sort()).toEqual(['hello', 'pbx-a/7.9']);
    expect((await history(kafka(), topics.channels))['pbx-a/7.1']).toEqual(['0']);
  });

  test('what somebody took away with kcat comes back', async () => {
    const topics = freshTopics();
    const list = createList();
    list.put('7.1');
    const publisher = publisherOf(kafka(), topics, list);
    await publisher.reconcile();
    await write(kafka(), topics.channels, [{ key: 'pbx-a/7.1', value: null }]);
    expect(await publisher.reconcile()).toEqual({ snapshots: 1, tombstones: 0 });
    expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
  });

  test('a record that no broker takes holds up no other', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list);
    const noise = randomBytes(1_500_000).toString('base64');
    publisher.publish(list.put('7.1', { variables: { noise } }));
    for (let n = 2; n < 20; n++) publisher.publish(list.put(`7.${n}`));
    await publisher.publish(list.put('7.20'));
    expect((await judged(kafka(), topics.channels)).size).toBe(19);
    expect(publisher.state().tooLarge).toBe(1);
    expect(publisher.problems[0]).toMatch(/^RECORD_TOO_LARGE: .*max\.message\.bytes/);
    await publisher.publish(list.put('7.1', { variables: {} }));
    expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
  });

  test('a topic that is deleted is made again, with all that is live', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list);
    for (let n = 0; n < 5; n++) publisher.publish(list.put(`7.${n}`));
    await publisher.reconcile();
    await administer(kafka(), (admin) => admin.deleteTopics({ topics: [topics.channels] }));
    await publisher.publish(list.put('7.5'));
    await vi.waitFor(async () => expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache)), PATIENT);
  });

  test('a publisher that is closed says so, and needs nobody to listen', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list);
    const before = publisher.publish(list.put('7.0'));
    await publisher.close();
    await before;
    publisher.publish(list.put('7.1'));
    await expect(publisher.publish(list.put('7.1'))).rejects.toThrow('closed');
  });

  test('a snapshot of a version to come is overwritten by what this one knows', async () => {
    const topics = freshTopics();
    const list = createList();
    list.put('7.1');
    const publisher = publisherOf(kafka(), topics, list);
    await publisher.reconcile();
    const channel = { ...channelOf('7.1', { revision: 0, position: 1 }), tomorrow: true };
    const { headers, ...message } = snapshotMessage(channel, JSON.stringify(channel), { log: 'log-1', time: 0 });
    await write(kafka(), topics.channels, [{ ...message, headers: { ...headers, schema: '2' } }]);
    expect(await publisher.reconcile()).toEqual({ snapshots: 1, tombstones: 0 });
  });
});
