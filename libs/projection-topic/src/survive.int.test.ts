import { canonicalLines } from '@rollcall/state-cache';
import { expect, test, vi } from 'vitest';
import { describeWithKafka, freshTopics } from './testing/a-kafka.ts';
import { createList, type List } from './testing/a-list.ts';
import { publisherOf, type TestView, viewOf } from './testing/ends.ts';
import { asJson, judged } from './testing/judged.ts';
import { viewCache } from './view-cache.ts';

const PATIENT = { timeout: 60_000, interval: 200 };

/** Channels that come, change and go, one commit after the other, until it is stopped. */
const traffic = (list: List, publish: (changes: ReturnType<List['put']>) => unknown) => {
  let n = 0;
  let stopped = false;
  const step = (): void => {
    if (stopped) return;
    n++;
    publish(list.put(`7.${n}`));
    publish(list.put(`7.${n}`, { state: 6 }));
    if (n > 20) publish(list.end(`7.${n - 20}`));
    setTimeout(step, 5);
  };
  step();
  return {
    stop: () => {
      stopped = true;
    },
    /** Resolves once so many more have come. */
    more: async (count: number): Promise<void> => {
      const until = n + count;
      await vi.waitFor(() => expect(n).toBeGreaterThanOrEqual(until), PATIENT);
    },
  };
};

const seen = (view: TestView): string[] => [...canonicalLines(viewCache(view))];

for (const version of ['3.9', '4'] as const) {
  await describeWithKafka('one broker', version, {}, (kafka) => {
    test('killed with SIGKILL in the middle, three times: nothing is lost, nothing comes back, both ends go on by themselves', async () => {
      const topics = freshTopics();
      const list = createList();
      const publisher = publisherOf(kafka(), topics, list);
      publisher.publish(list.pbx('pbx-a'));
      await publisher.reconcile();
      const view = viewOf(kafka(), topics);
      await view.ready;
      const [broker] = kafka().brokers;
      const going = traffic(list, (changes) => publisher.publish(changes));
      for (let times = 0; times < 3; times++) {
        await going.more(30);
        await broker?.kill9();
        await going.more(60);
        await vi.waitFor(() => expect(view.problem()?.code).toBe('KAFKA_UNREACHABLE'), PATIENT);
        // Each end learns it by itself.
        await vi.waitFor(() => expect(publisher.state().problem?.code).toBe('KAFKA_UNREACHABLE'), PATIENT);
        await broker?.start();
        await vi.waitFor(() => expect(publisher.state().problem).toBeUndefined(), PATIENT);
      }
      going.stop();
      await publisher.publish(list.pass());
      await vi.waitFor(() => expect(seen(view)).toEqual([...canonicalLines(list.cache)]), PATIENT);
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
      expect(view.problem()).toBeUndefined();
      const fresh = viewOf(kafka(), topics);
      await fresh.ready;
      expect(seen(fresh)).toEqual(seen(view));
    }, 180_000);

    test('paused for longer than a request lasts: what was on its way is sent again, and comes once', async () => {
      const topics = freshTopics();
      const list = createList();
      const publisher = publisherOf(kafka(), topics, list);
      await publisher.reconcile();
      const view = viewOf(kafka(), topics);
      await view.ready;
      const [broker] = kafka().brokers;
      await broker?.pause();
      const published = publisher.publish(list.put('7.1'));
      publisher.publish(list.put('7.2'));
      await vi.waitFor(() => expect(publisher.state().problem).toBeDefined(), PATIENT);
      publisher.publish(list.end('7.2'));
      publisher.publish(list.put('7.1', { state: 6 }));
      await broker?.resume();
      await published;
      await vi.waitFor(() => expect(seen(view)).toEqual([...canonicalLines(list.cache)]), PATIENT);
      expect(view.told.filter((line) => line === 'created 7.1')).toHaveLength(1);
      expect(view.counters().reloads).toBe(0);
    }, 120_000);
  });
}

await describeWithKafka('three brokers', '4', { brokers: 3 }, (kafka) => {
  test('of which one after the other is killed and comes back: no acknowledged record is lost, nobody waits for an operator', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list, { partitions: 6 });
    publisher.publish(list.pbx('pbx-a'));
    await publisher.reconcile();
    const view = viewOf(kafka(), topics);
    await view.ready;
    const going = traffic(list, (changes) => publisher.publish(changes));
    for (const broker of kafka().brokers) {
      await going.more(20);
      await broker.kill9();
      await going.more(20);
      await publisher.publish(list.pass());
      await vi.waitFor(() => expect(view.checkpoint() ?? 0).toBeGreaterThan(list.cache.checkpoint - 200), PATIENT);
      await broker.start();
    }
    going.stop();
    await publisher.publish(list.pass());
    await vi.waitFor(() => expect(seen(view)).toEqual([...canonicalLines(list.cache)]), PATIENT);
    expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
    expect(await publisher.reconcile()).toEqual({ snapshots: 0, tombstones: 0 });
  }, 240_000);

  test('of which the first that is named is down: the others are found', async () => {
    const topics = freshTopics();
    const list = createList();
    const [first] = kafka().brokers;
    await first?.stop();
    const publisher = publisherOf(kafka(), topics, list);
    await publisher.publish(list.put('7.1'));
    const view = viewOf(kafka(), topics);
    await view.ready;
    expect(view.size).toBe(1);
    await first?.start();
  }, 120_000);
});
