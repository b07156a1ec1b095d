import { afterEach, expect, test, vi } from 'vitest';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import type { Member } from './member.ts';
import { channelsOf, foldLog, linesOf, onTopic } from './oracle.ts';
import { createPlace, type Place } from './place.ts';
import { startTraffic } from './traffic.ts';

const PATIENT = { timeout: 40_000, interval: 100 };
const sorted = (members: readonly Member[]) => members.flatMap((member) => member.projecting()).sort();

await describeWithKafka('projectors as a group', '4', {}, (kafka) => {
  const places: Place[] = [];
  const newPlace = (partitions: number): Place => {
    const place = createPlace(kafka(), partitions);
    places.push(place);
    return place;
  };
  afterEach(async () => {
    for (const place of places.splice(0)) await place.cleanup();
  });

  test('two and three share the partitions; one that is killed is taken over; the topic is the log', async () => {
    const place = newPlace(4);
    const log = await place.openLog();
    const traffic = await startTraffic(log);
    const first = place.member();
    await vi.waitFor(() => expect(first.projecting()).toEqual([0, 1, 2, 3]), PATIENT);
    const second = place.member();
    await vi.waitFor(() => {
      expect(sorted([first, second])).toEqual([0, 1, 2, 3]);
      expect(second.projecting()).toHaveLength(2);
    }, PATIENT);
    const third = place.member();
    await vi.waitFor(() => {
      expect(sorted([first, second, third])).toEqual([0, 1, 2, 3]);
      expect(third.projecting()).toHaveLength(1);
    }, PATIENT);
    await first.kill9();
    await vi.waitFor(() => expect(sorted([second, third])).toEqual([0, 1, 2, 3]), PATIENT);
    await traffic.stop();

    const { folded, counted } = await foldLog(kafka(), place.events, place.partitions);
    const expected = channelsOf(folded);
    expect(expected.size).toBe(traffic.live.size);
    await vi.waitFor(async () => expect(await onTopic(kafka(), place.topics.channels)).toEqual(expected), PATIENT);
    for (const [stream, ids] of traffic.acknowledged) {
      if (!stream.startsWith('pbx/')) expect(counted.get(stream)).toEqual(ids);
    }
    const caches = (await Promise.all([second.caches(), third.caches()])).flatMap((told) => told.caches);
    const lines = caches.sort(([a], [b]) => a - b).map(([, , of]) => of);
    expect(lines).toEqual(linesOf(folded));
    await Promise.all([second.stop(), third.stop()]);
  }, 90_000);
});
