import { join } from 'node:path';
import { namedType, pbxStream, type RecordedEvent, START } from '@rollcall/channel';
import { afterEach, expect, test } from 'vitest';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { killOtherProcesses, otherProcess } from '../embedded/testing/other-process.ts';
import type { KafkaLog } from './kafka-log.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

const KILLS = 10;
const PARTITIONS = [0, 1, 2];
const PBX = pbxStream('pbx-a');
const program = join(import.meta.dirname, 'testing', 'kafka-process.ts');

const eventsOf = (log: KafkaLog): Promise<RecordedEvent[][]> =>
  Promise.all(PARTITIONS.map((partition) => collect(log.partition(partition).readAll(START))));

/** What an acknowledged append said of itself, as the log has it. */
const lineOf = (events: readonly RecordedEvent[], line: string): string => {
  const [stream = '', from = '', ...ids] = line.split(' ');
  const there = events.filter((event) => event.stream === stream).slice(Number(from), Number(from) + ids.length);
  return [stream, there[0]?.revision, ...there.map(({ id }) => id)].join(' ');
};

/** Channels of a boot that stand before it. */
const beforeTheirBoot = (events: readonly RecordedEvent[]): RecordedEvent[] => {
  let boot = 0;
  return events.filter((event) => {
    if (namedType(event) === 'PbxBooted') boot = event.boot;
    return event.boot > boot;
  });
};

await withKafka('4', {}, (kafka) => {
  const { open, newDir, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  afterEach(async () => {
    killOtherProcesses();
    await cleanup();
  });

  test(`a writer that is killed goes on where it was, and loses and repeats nothing, ${KILLS} times`, {
    timeout: 300_000,
  }, async () => {
    const [topic, dir] = [newTopic(), newDir()];
    const acknowledged: string[] = [];
    for (let run = 0; run < KILLS; run++) {
      const writer = otherProcess([kafka().bootstrap[0] ?? '', topic, dir, `${run}`], { program });
      await writer.printed(Math.floor(Math.random() ** 2 * 400));
      await writer.kill();
      expect(writer.lines.filter((line) => line.startsWith('failed'))).toEqual([]);
      acknowledged.push(...writer.lines.slice(1));
    }
    const log = await open({ topic, partitions: PARTITIONS.length });
    const partitions = await eventsOf(log);
    const [first = []] = partitions;
    const channels = partitions.flat().filter(({ stream }) => stream !== PBX);
    const everything = [...channels, ...first.filter(({ stream }) => stream === PBX)];
    const byStream = Map.groupBy(everything, ({ stream }) => stream);

    const lost = acknowledged.filter((line) => lineOf(byStream.get(line.split(' ')[0] ?? '') ?? [], line) !== line);
    expect(lost).toEqual([]);
    expect(new Set(everything.map(({ id }) => id)).size).toBe(everything.length);
    for (const [stream, events] of byStream) {
      expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => index));
      if (stream !== PBX) expect(events).toHaveLength(3);
    }
    const copies = partitions.map((events) => events.flatMap(({ stream, id }) => (stream === PBX ? [id] : [])));
    for (const copy of copies) expect(copy).toEqual(copies[0]);
    for (const events of partitions) expect(beforeTheirBoot(events)).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(KILLS);

    // The killed writer's own copy, which was never closed, has the same.
    const same = await open({ topic, dir, partitions: PARTITIONS.length });
    expect(await eventsOf(same)).toEqual(partitions);
  });
});
