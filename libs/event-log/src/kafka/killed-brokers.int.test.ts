import { channelStream, type NewEvent, pbxStream, type RecordedEvent, revision, START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { partitionsOf } from '../../../../test/brokers/judge.ts';
import type { Broker, Kafka } from '../../../../test/brokers/lab.ts';
import { asNew, created, destroyed, state } from '../../../../test/contract/event-log.events.ts';
import { collect, reader } from '../../../../test/contract/event-log.reader.ts';
import type { KafkaLog } from './kafka-log.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

const PARTITIONS = [0, 1, 2];
const PBX = pbxStream('pbx-a');
const patience = { timeout: 60_000, interval: 50 };

/** Appends without end, as the ingest does: what could not be written is tried again as it is. */
const writing = (log: KafkaLog) => {
  const acknowledged = new Map<string, string[]>();
  const refused = new Set<string>();
  let stopped = false;

  const append = async (stream: string, at: number, events: NewEvent[]): Promise<void> => {
    for (;;) {
      try {
        await log.append(stream, at === 0 ? 'none' : revision(at - 1), events);
        acknowledged.set(stream, [...(acknowledged.get(stream) ?? []), ...events.map(({ id }) => id)]);
        return;
      } catch (error) {
        if (!isRollcallError(error) || stopped) throw error;
        refused.add(error.code);
      }
    }
  };
  const lane = async (number: number): Promise<void> => {
    for (let count = 0; !stopped; count++) {
      const stream = channelStream('pbx-a', 1, `${number}.${count}`);
      await append(stream, 0, [created(), state(4)]);
      await append(stream, 2, [state(6)]);
      await append(stream, 3, [destroyed()]);
    }
  };
  const pbx = async (): Promise<void> => {
    for (let count = 0; !stopped; count++) {
      await append(PBX, count, [asNew({ type: 'PbxDisconnected', data: { reason: `${count}` } })]);
    }
  };
  const lanes = Promise.all([pbx(), ...Array.from({ length: 10 }, (_, number) => lane(number))]);
  lanes.catch(() => {});
  return {
    acknowledged,
    refused,
    count: () => [...acknowledged.values()].flat().length,
    /** That writing goes on. */
    more: async (): Promise<void> => {
      const before = [...acknowledged.values()].flat().length;
      await vi.waitFor(() => expect([...acknowledged.values()].flat().length).toBeGreaterThan(before + 200), patience);
    },
    stop: async (): Promise<void> => {
      stopped = true;
      await lanes;
    },
  };
};

const leaderOf = async (kafka: Kafka, topic: string, partition: number): Promise<Broker> => {
  const found = (await partitionsOf(kafka.inside, topic)).find((one) => one.partition === partition);
  const broker = kafka.brokers.find(({ id }) => id === found?.leader);
  if (!broker) throw new Error(`partition ${partition} has no leader`);
  return broker;
};

const inStep = (kafka: Kafka, topic: string) =>
  vi.waitFor(async () => {
    for (const { inSync } of await partitionsOf(kafka.inside, topic)) expect(inSync).toHaveLength(3);
  }, patience);

const idsOf = (events: readonly RecordedEvent[]): Map<string, string[]> => {
  const byStream = Map.groupBy(events, ({ stream }) => stream);
  return new Map([...byStream].map(([stream, there]) => [stream, there.map(({ id }) => id)]));
};

await withKafka('4', { brokers: 3 }, (kafka) => {
  const { open, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  const writers: { stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    // With brokers missing after a failure, what is under way ends by failing.
    for (const writer of writers.splice(0)) await writer.stop();
    await cleanup();
  });

  describe('three brokers', () => {
    test('killed, paused and stopped under way: nothing acknowledged is lost, nothing is doubled, all goes on by itself', {
      timeout: 300_000,
    }, async () => {
      const topic = newTopic();
      const log = await open({ topic, partitions: 3 });
      const readers = PARTITIONS.map((partition) => reader(log.partition(partition), START));
      const writer = writing(log);
      writers.push(writer);
      await writer.more();

      const killed = await leaderOf(kafka(), topic, 0);
      await killed.kill9();
      await writer.more();
      await killed.start();
      await inStep(kafka(), topic);

      const paused = await leaderOf(kafka(), topic, 1);
      await paused.pause();
      await writer.more();
      await paused.resume();
      await inStep(kafka(), topic);

      const stopped = await leaderOf(kafka(), topic, 2);
      await stopped.stop();
      await writer.more();
      await stopped.start();
      await inStep(kafka(), topic);

      await writer.more();
      await writer.stop();
      const counted = await Promise.all(
        PARTITIONS.map((partition) => collect(log.partition(partition).readAll(START))),
      );
      for (const [partition, events] of counted.entries()) {
        await readers[partition]?.has(events.length);
        expect(await readers[partition]?.stop()).toEqual(events);
        const there = idsOf(events);
        for (const [stream, ids] of there) expect(ids).toEqual(writer.acknowledged.get(stream));
        expect(there.get(PBX)).toEqual(writer.acknowledged.get(PBX));
      }
      const found = new Set(counted.flatMap((events) => [...idsOf(events).keys()]));
      expect([...writer.acknowledged.keys()].filter((stream) => !found.has(stream))).toEqual([]);

      // Whoever reads from the beginning comes to the same.
      const fresh = await open({ topic, partitions: 3, mode: 'read' });
      for (const [partition, events] of counted.entries()) {
        expect(await collect(fresh.partition(partition).readAll(START))).toEqual(events);
      }
    });

    test('fewer in step than min.insync.replicas: appends wait, the reason is told, and they go on', {
      timeout: 120_000,
    }, async () => {
      const topic = newTopic();
      const log = await open({ topic });
      const first = await leaderOf(kafka(), topic, 0);
      const others = kafka().brokers.filter(({ id }) => id !== first.id);
      const [one] = others;
      await log.append(channelStream('pbx-a', 1, '1'), 'none', [created()]);
      for (const broker of others) await broker.kill9();
      const event = state(6);
      const stream = channelStream('pbx-a', 1, '1');
      await expect(log.append(stream, revision(0), [event])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
      for (const broker of others) await broker.start();
      await vi.waitFor(() => log.append(stream, revision(0), [event]), patience);
      expect((await collect(log.readStream(stream))).map(({ revision }) => revision)).toEqual([0, 1]);
      expect(one).toBeDefined();
      await inStep(kafka(), topic);
    });
  });
});
