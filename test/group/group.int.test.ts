import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import { administer, write } from '../../libs/projection-topic/src/testing/raw-client.ts';
import { readTopic } from '../brokers/judge.ts';
import type { Kafka } from '../brokers/kafka.ts';
import type { Member } from './member.ts';
import { channelsOf, foldLog, linesOf, onTopic } from './oracle.ts';
import { createPlace, type Place } from './place.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** Long enough for a busy machine: nothing here is measured. */
const PATIENT = { timeout: 60_000, interval: 100 };
const LONG = 180_000;
const pace = () => delay(30);
const keptBy = (...members: Member[]) => members.flatMap((member) => member.projecting()).sort();

const places: Place[] = [];
const newPlace = (kafka: Kafka, partitions: number): Place => {
  const place = createPlace(kafka, partitions);
  places.push(place);
  return place;
};
afterEach(async () => {
  for (const place of places.splice(0)) await place.cleanup();
});

/** What was acknowledged is in the log once, the topic is what the log says, and so is what the members hold. */
const agree = async (kafka: Kafka, place: Place, traffic: Traffic, members: readonly Member[] = []) => {
  await traffic.stop();
  const { folded, counted } = await foldLog(kafka, place.events, place.partitions);
  const expected = channelsOf(folded);
  expect([...expected.keys()].sort()).toEqual([...traffic.live].map((uniqueid) => `pbx-a/${uniqueid}`).sort());
  for (const [stream, ids] of traffic.acknowledged) {
    if (!stream.startsWith('pbx/')) expect(counted.get(stream)).toEqual(ids);
  }
  await vi.waitFor(async () => expect(await onTopic(kafka, place.topics.channels)).toEqual(expected), PATIENT);
  const caches = (await Promise.all(members.map((member) => member.caches()))).flatMap((told) => told.caches);
  const lines = caches.sort(([a], [b]) => a - b).map(([, , of]) => of);
  if (members.length > 0) expect(lines).toEqual(linesOf(folded));
};

await describeWithKafka('projectors as a group', '3.9', {}, (kafka) => {
  test(
    'two share the partitions; one that leaves hands over at once; the topic is the log',
    async () => {
      const place = newPlace(kafka(), 2);
      const traffic = await startTraffic(await place.openLog(), 10, pace);
      const [first, second] = [place.member(), place.member()];
      await vi.waitFor(() => {
        expect(keptBy(first, second)).toEqual([0, 1]);
        expect(first.projecting()).toHaveLength(1);
      }, PATIENT);
      await first.stop();
      await vi.waitFor(() => expect(second.projecting()).toEqual([0, 1]), PATIENT);
      await agree(kafka(), place, traffic, [second]);
    },
    LONG,
  );
});

await describeWithKafka('projectors as a group', '4', {}, (kafka) => {
  test(
    'two and three share the partitions; one that is killed is taken over; the topic is the log',
    async () => {
      const place = newPlace(kafka(), 4);
      const traffic = await startTraffic(await place.openLog(), 10, pace);
      const first = place.member();
      await vi.waitFor(() => expect(first.projecting()).toEqual([0, 1, 2, 3]), PATIENT);
      const second = place.member();
      await vi.waitFor(() => {
        expect(keptBy(first, second)).toEqual([0, 1, 2, 3]);
        expect(second.projecting()).toHaveLength(2);
      }, PATIENT);
      const third = place.member();
      await vi.waitFor(() => {
        expect(keptBy(first, second, third)).toEqual([0, 1, 2, 3]);
        expect(third.projecting()).toHaveLength(1);
      }, PATIENT);
      await first.kill9();
      await vi.waitFor(() => expect(keptBy(second, third)).toEqual([0, 1, 2, 3]), PATIENT);
      await agree(kafka(), place, traffic, [second, third]);
    },
    LONG,
  );

  test(
    'one that stood still for longer than its session publishes nothing of what others have taken over',
    async () => {
      const place = newPlace(kafka(), 2);
      const traffic = await startTraffic(await place.openLog(), 10, pace);
      const [frozen, other] = [place.member(), place.member()];
      await vi.waitFor(() => {
        expect(keptBy(frozen, other)).toEqual([0, 1]);
        expect(frozen.projecting()).toHaveLength(1);
      }, PATIENT);
      frozen.process.kill('SIGSTOP');
      await vi.waitFor(() => expect(other.projecting()).toEqual([0, 1]), PATIENT);
      const before = other.counters()?.applied ?? 0;
      await vi.waitFor(() => expect(other.counters()?.applied).toBeGreaterThan(before), PATIENT);
      frozen.process.kill('SIGCONT');
      await vi.waitFor(() => {
        expect(keptBy(frozen, other)).toEqual([0, 1]);
        expect(frozen.projecting()).toHaveLength(1);
      }, PATIENT);
      await agree(kafka(), place, traffic, [frozen, other]);
    },
    LONG,
  );

  test(
    'what is delivered twice, to the log or to the topic, changes nothing',
    async () => {
      const place = newPlace(kafka(), 1);
      const traffic = await startTraffic(await place.openLog(), 5, pace);
      const group = place.group({ surveyEveryMs: 1_000 });
      await vi.waitFor(() => expect(group.counters.snapshots + traffic.events()).toBeGreaterThan(100), PATIENT);
      await traffic.stop();
      for (const topic of [place.events, place.topics.channels]) {
        const records = await readTopic(kafka().inside, topic);
        const again = records.filter(({ key }) => key?.startsWith('pbx-a/')).slice(0, 50);
        const messages = again.map(({ key, value, headers }) => {
          return {
            key,
            value,
            partition: 0,
            headers: Object.fromEntries(headers.map(([name, text]) => [name, text ?? ''])),
          };
        });
        await write(kafka(), topic, messages);
      }
      const { absorbed } = await foldLog(kafka(), place.events, 1);
      expect(absorbed).toBe(50);
      await agree(kafka(), place, traffic);
      expect(group.problem()).toBeUndefined();
      // As kafka-consumer-groups.sh shows it.
      const at = { groupId: place.settings().group ?? '', topics: [place.events] };
      await vi.waitFor(async () => {
        const [noted] = await administer(kafka(), (admin) => admin.fetchOffsets(at));
        expect(noted?.partitions.map(({ offset }) => Number(offset))).toEqual([group.cache(0)?.checkpoint]);
      }, PATIENT);
    },
    LONG,
  );

  test(
    'one that loses its brokers says so, and goes on when they are back',
    async () => {
      const place = newPlace(kafka(), 2);
      const traffic = await startTraffic(await place.openLog(), 5, pace);
      const group = place.group();
      await vi.waitFor(
        () => expect(group.partitions().map(({ phase }) => phase)).toEqual(Array(2).fill('projecting')),
        PATIENT,
      );
      const [broker] = kafka().brokers;
      await broker?.kill9();
      await vi.waitFor(() => expect(group.problem()?.code).toMatch(/UNAVAILABLE|UNREACHABLE/), PATIENT);
      await broker?.start();
      await vi.waitFor(() => {
        expect(group.problem()).toBeUndefined();
        expect(group.partitions().map(({ phase }) => phase)).toEqual(Array(2).fill('projecting'));
      }, PATIENT);
      await agree(kafka(), place, traffic);
    },
    LONG,
  );
});
