import { join } from 'node:path';
import { channelStream, pbxStream, revision, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterEach, describe, expect, test } from 'vitest';
import { clientOf, write } from '../../../../test/brokers/client.ts';
import { readTopic } from '../../../../test/brokers/judge.ts';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { asAppended, collect, reader } from '../../../../test/contract/event-log.reader.ts';
import { openEmbeddedLog } from '../embedded/embedded-log.ts';
import type { KafkaLog } from './kafka-log.ts';
import { partitioning } from './key.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

const PARTITIONS = 3;
const place = partitioning(PARTITIONS);
const PBX = pbxStream('pbx-a');

const booted = (boot: number) => asNew({ type: 'PbxBooted', data: { boot, evidence: 'uptime' } }, { boot });
const gone = () => asNew({ type: 'PbxDisconnected', data: { reason: 'test' } });

/** A channel of pbx-a in that partition. */
const streamIn = (partition: number, boot = 1): string => {
  for (let id = 0; ; id++) {
    const stream = channelStream('pbx-a', boot, `id-${id}`);
    if (place(stream) === partition) return stream;
  }
};

const all = (log: KafkaLog, partition: number) => collect(log.partition(partition).readAll(START));
const pbxIn = async (log: KafkaLog, partition: number) =>
  (await collect(log.partition(partition).readStream(PBX))).map(asAppended);

await withKafka('4', {}, (kafka) => {
  const { open, newDir, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  afterEach(cleanup);

  describe('a log of several partitions', () => {
    test('has each channel in the partition of its id, over all boots, and goes by streams as one', async () => {
      const topic = newTopic();
      const log = await open({ topic, partitions: PARTITIONS });
      const streams = Array.from({ length: 30 }, (_, index) =>
        channelStream('pbx-a', 1 + (index % 2), `${index >> 1}`),
      );
      await Promise.all(streams.map((stream) => log.append(stream, 'none', [created(), state(6)])));
      expect(await log.heads([...streams, streamOf('never')])).toEqual(
        new Map(streams.map((stream) => [stream, { revision: 1, closed: false }])),
      );
      for (const stream of streams) {
        expect((await collect(log.readStream(stream, revision(1)))).map(({ revision }) => revision)).toEqual([1]);
        const found = (await all(log, place(stream))).filter((event) => event.stream === stream);
        expect(found).toHaveLength(2);
      }
      await expect(log.append(streams[0] ?? '', 'none', [created()])).rejects.toMatchObject({
        code: 'WRONG_EXPECTED_REVISION',
      });
      const records = await readTopic(kafka().inside, topic);
      for (const { key, partition, value } of records) {
        if (key === 'rollcall') continue;
        expect(place(JSON.parse(value ?? '').stream)).toBe(partition);
        expect(key).toMatch(/^pbx-a\/\d+$/);
      }
      expect(records.filter(({ key }) => key !== 'rollcall')).toHaveLength(60);
    });

    test('has the stream of a PBX in every partition, in its place among the channels', async () => {
      const log = await open({ partitions: PARTITIONS });
      const events = [booted(1), gone(), booted(2)];
      const streams = [0, 1, 2].map((partition) => streamIn(partition));
      await log.append(
        PBX,
        'none',
        [booted(1), gone()].map((_, index) => events[index] ?? gone()),
      );
      for (const stream of streams) await log.append(stream, 'none', [created()]);
      const appended = await log.append(PBX, revision(1), events.slice(2));
      expect(appended.revision).toBe(2);
      for (const [partition, stream] of streams.entries()) {
        const there = await all(log, partition);
        expect(there.map((event) => [event.stream, event.revision])).toEqual([
          [PBX, 0],
          [PBX, 1],
          [stream, 0],
          [PBX, 2],
        ]);
        expect(await pbxIn(log, partition)).toEqual(events);
      }
      expect((await collect(log.readStream(PBX))).map(asAppended)).toEqual(events);
      await expect(log.append(PBX, revision(0), [gone()])).rejects.toMatchObject({ expected: 0, actual: 2 });
    });

    test('that a crash left with a shorter copy of a PBX is whole again when it is opened for writing', async () => {
      const topic = newTopic();
      const before = await open({ topic, partitions: PARTITIONS });
      const events = [booted(1), gone(), booted(2)];
      await before.append(PBX, 'none', events.slice(0, 1));
      // What is left of an append whose writer was killed behind the first partition.
      await before.partition(0).append(PBX, revision(0), events.slice(1));
      expect(await pbxIn(before, 2)).toEqual(events.slice(0, 1));
      const other = reader(before.partition(2), START);
      const after = await open({ topic, partitions: PARTITIONS });
      for (const partition of [0, 1, 2]) expect(await pbxIn(after, partition)).toEqual(events);
      // A reader that was there all along has it too.
      await other.has(3);
      expect((await other.stop()).map(asAppended)).toEqual(events);
    });

    test('no channel of a boot stands before its boot, also when the writer of that boot died in between', async () => {
      const topic = newTopic();
      const [dying, living] = [
        await open({ topic, partitions: PARTITIONS }),
        await open({ topic, partitions: PARTITIONS }),
      ];
      await dying.append(PBX, 'none', [booted(1)]);
      await dying.partition(0).append(PBX, revision(0), [booted(2)]);
      const seen = reader(living.partition(0), START);
      await seen.has(2);
      const stream = streamIn(1, 2);
      await living.append(stream, 'none', [asNew({ type: 'ChannelUnheld', data: {} }, { boot: 2 })]);
      expect((await all(living, 1)).map((event) => [event.stream, event.revision])).toEqual([
        [PBX, 0],
        [PBX, 1],
        [stream, 0],
      ]);
      // The next append to the PBX's own stream mends the rest.
      await living.append(PBX, revision(1), [gone()]);
      for (const partition of [0, 1, 2]) expect(await pbxIn(living, partition)).toHaveLength(3);
      await seen.stop();
    });

    test('an event that this version cannot read is copied as it is', async () => {
      const topic = newTopic();
      const first = await open({ topic, partitions: PARTITIONS });
      await first.close();
      const newer = { ...gone(), type: 'PbxPainted', data: { colour: 'blue', n: [1, { a: null }] } };
      const record = { stream: PBX, revision: 0, append: newer.id, ...newer };
      await write(clientOf(kafka()), topic, [
        { partition: 0, key: 'pbx/pbx-a', value: JSON.stringify(record), headers: { rollcall: '1' } },
      ]);
      const again = await open({ topic, partitions: PARTITIONS });
      const copies = (await readTopic(kafka().inside, topic)).filter(({ key }) => key === 'pbx/pbx-a');
      expect(copies).toHaveLength(3);
      for (const { value } of copies) expect(JSON.parse(value ?? '')).toEqual(record);
      const [unreadable] = await collect(again.partition(1).readAll(START));
      expect(unreadable).toMatchObject({ type: 'Unreadable', data: { type: 'PbxPainted' } });
    });

    test('can be read on the same machine, beside it and without it, as an embedded log of each partition', async () => {
      const dir = newDir();
      const log = await open({ dir, partitions: PARTITIONS });
      await log.append(PBX, 'none', [booted(1)]);
      await log.append(streamIn(1), 'none', [created(), state(6)]);
      const there = await all(log, 1);
      const { id } = log.partition(1);
      const read = async (): Promise<void> => {
        const reading = openEmbeddedLog({ dir: join(dir, 'partition-1'), world: systemWorld, mode: 'read' });
        expect(await collect(reading.readAll(START))).toEqual(there);
        for await (const finding of reading.check()) expect(finding).toBeUndefined();
        expect(reading.id).toBe(id);
        await reading.close();
      };
      await read();
      await log.close();
      await read();
    });

    test('goes on where it was after it was closed, each partition by itself', async () => {
      const [topic, dir] = [newTopic(), newDir()];
      const log = await open({ topic, dir, partitions: PARTITIONS });
      await log.append(PBX, 'none', [booted(1)]);
      const streams = [0, 1, 2].map((partition) => streamIn(partition));
      for (const stream of streams) await log.append(stream, 'none', [created(), destroyed()]);
      const before = await Promise.all([0, 1, 2].map((partition) => all(log, partition)));
      const ids = [0, 1, 2].map((partition) => log.partition(partition).id);
      expect(new Set(ids).size).toBe(3);
      await log.close();
      const again = await open({ topic, dir, partitions: PARTITIONS });
      expect(await Promise.all([0, 1, 2].map((partition) => all(again, partition)))).toEqual(before);
      expect([0, 1, 2].map((partition) => again.partition(partition).id)).toEqual(ids);
      // Another machine, which has nothing yet, comes to the same.
      const elsewhere = await open({ topic, partitions: PARTITIONS, mode: 'read' });
      expect(await Promise.all([0, 1, 2].map((partition) => all(elsewhere, partition)))).toEqual(before);
      expect([0, 1, 2].map((partition) => elsewhere.partition(partition).id)).toEqual(ids);
    });
  });
});
