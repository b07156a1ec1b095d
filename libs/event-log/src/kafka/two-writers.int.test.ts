import { type NewEvent, pbxStream, revision, START } from '@rollcall/channel';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { asNew, created, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import type { KafkaLog } from './kafka-log.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

const PBX = pbxStream('pbx-a');
const numbered = (number: number): NewEvent =>
  asNew({ type: 'VariableSet', data: { variable: 'n', value: `${number}` } });
const gone = (): NewEvent => asNew({ type: 'PbxDisconnected', data: { reason: 'test' } });

/** Appends as a writer does: where it believes the stream to be; beaten, it looks again and tries again. */
const insist = async (log: KafkaLog, stream: string, events: NewEvent[]): Promise<number> => {
  for (let beaten = 0; ; beaten++) {
    const head = (await log.heads([stream])).get(stream)?.revision ?? 'none';
    try {
      await log.append(stream, head, events);
      return beaten;
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
};

await withKafka('4', {}, (kafka) => {
  const { open, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  afterEach(cleanup);

  const both = async (partitions: number) => {
    const topic = newTopic();
    return { topic, logs: [await open({ topic, partitions }), await open({ topic, partitions })] as const };
  };

  test('of several who begin the same log at the same time, one does', async () => {
    const topic = newTopic();
    const logs = await Promise.all(Array.from({ length: 4 }, () => open({ topic, partitions: 2 })));
    for (const partition of [0, 1]) {
      expect(new Set(logs.map((log) => log.partition(partition).id)).size).toBe(1);
    }
    await Promise.all(logs.map((log, index) => log.append(streamOf(`${index}`), 'none', [created()])));
  });

  describe('two writers of one PBX', () => {
    test('at the same streams: what was acknowledged is there, in order, and nothing else, for every reader alike', async () => {
      const round = fc.array(
        fc.record({ writer: fc.nat(1), stream: fc.nat(2), size: fc.integer({ min: 1, max: 3 }) }),
        { minLength: 2, maxLength: 8 },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
          const { topic, logs } = await both(1);
          const won = new Map<string, NewEvent[][]>();
          let beaten = 0;
          for (const appends of rounds) {
            const attempts = appends.map(async ({ writer, stream, size }) => {
              const log = logs[writer] ?? logs[0];
              const name = streamOf(`${stream}`);
              const head = (await log.heads([name])).get(name)?.revision ?? 'none';
              const events = Array.from({ length: size }, (_, index) => state(index));
              const outcome = await log.append(name, head, events).catch((error: unknown) => error);
              if (outcome instanceof WrongExpectedRevision) beaten++;
              else if (outcome instanceof Error) throw outcome;
              else won.set(name, [...(won.get(name) ?? []), events]);
            });
            await Promise.all(attempts);
          }
          const fresh = await open({ topic });
          const all = await collect(fresh.partition(0).readAll(START));
          for (const log of logs) {
            await log.partition(0).heads([]);
            const seen = await collect(log.partition(0).readAll(START));
            expect(seen).toEqual(all.slice(0, seen.length));
          }
          for (const [name, appends] of won) {
            const there = all.filter(({ stream }) => stream === name).map(({ id }) => id);
            expect(there.toSorted()).toEqual(
              appends
                .flat()
                .map(({ id }) => id)
                .toSorted(),
            );
            for (const events of appends) {
              const at = there.indexOf(events[0]?.id ?? '');
              expect(there.slice(at, at + events.length)).toEqual(events.map(({ id }) => id));
            }
          }
          expect(all).toHaveLength([...won.values()].flat(2).length);
          const attempted = rounds.flat().length;
          expect([...won.values()].flat().length + beaten).toBe(attempted);
          await cleanup();
        }),
        { numRuns: 15 },
      );
    });

    test('the one that is beaten learns it, decides again, and nothing of either is lost', async () => {
      const { topic, logs } = await both(1);
      const stream = streamOf('1');
      await logs[0].append(stream, 'none', [created()]);
      const lanes = logs.map(async (log, lane) => {
        let beaten = 0;
        for (let count = 0; count < 60; count++) beaten += await insist(log, stream, [numbered(lane * 1_000 + count)]);
        return beaten;
      });
      const beaten = await Promise.all(lanes);
      expect(beaten.reduce((sum, one) => sum + one)).toBeGreaterThan(0);
      const fresh = await open({ topic });
      const values = (await collect(fresh.readStream(stream, revision(1)))).map(
        ({ data }) => 'value' in data && Number(data.value),
      );
      const of = (lane: number) => values.filter((value) => Math.floor(Number(value) / 1_000) === lane);
      expect(of(0)).toEqual(Array.from({ length: 60 }, (_, count) => count));
      expect(of(1)).toEqual(Array.from({ length: 60 }, (_, count) => 1_000 + count));
    });

    test('at the stream of the PBX: every partition has the same events in the same order', async () => {
      const { topic, logs } = await both(3);
      const lanes = logs.map(async (log) => {
        for (let count = 0; count < 20; count++) await insist(log, PBX, count % 3 === 0 ? [gone(), gone()] : [gone()]);
      });
      await Promise.all(lanes);
      const fresh = await open({ topic, partitions: 3, mode: 'read' });
      const copies = await Promise.all(
        [0, 1, 2].map(async (partition) =>
          (await collect(fresh.partition(partition).readAll(START))).map(({ id }) => id),
        ),
      );
      expect(copies[0]).toHaveLength(2 * (20 + 7));
      expect(copies[1]).toEqual(copies[0]);
      expect(copies[2]).toEqual(copies[0]);
    });
  });
});
