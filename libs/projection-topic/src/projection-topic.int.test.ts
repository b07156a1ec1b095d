import { expect, test, vi } from 'vitest';
import { describeWithKafka, freshTopics } from './testing/a-kafka.ts';
import { createList } from './testing/a-list.ts';
import { publisherOf, viewOf } from './testing/ends.ts';
import { asJson, judged } from './testing/judged.ts';

for (const version of ['3.9', '4'] as const) {
  await describeWithKafka('the projection topic', version, {}, (kafka) => {
    test('a channel that comes, changes and goes is seen by a view, and by kcat', async () => {
      const topics = freshTopics();
      const list = createList();
      const publisher = publisherOf(kafka(), topics, list);
      await publisher.publish(list.pbx('pbx-a'));
      await publisher.publish(list.put('7.1'));

      const view = viewOf(kafka(), topics);
      await view.ready;
      const [channel] = [...view.list()];
      expect(channel).toMatchObject({ uniqueid: '7.1', name: 'PJSIP/7.1', pbx: 'pbx-a', revision: 0 });
      expect(channel && view.isStale(channel)).toBe(false);

      await publisher.publish(list.put('7.1', { state: 6 }));
      await publisher.publish(list.put('7.2'));
      await vi.waitFor(() => expect(view.size).toBe(2));
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));

      await publisher.publish(list.end('7.1'));
      await vi.waitFor(() => expect(view.size).toBe(1));
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
      expect(view.told).toEqual(['changed 7.1 to 1', 'created 7.2', 'destroyed 7.1 at 1']);
      await vi.waitFor(() => expect(view.checkpoint()).toBe(list.cache.checkpoint), 10_000);
      expect([publisher.problems, view.problems, view.warnings]).toEqual([[], [], []]);
    });
  });
}
