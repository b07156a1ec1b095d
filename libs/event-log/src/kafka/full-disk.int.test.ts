import { join } from 'node:path';
import { type NewEvent, type RecordedEvent, START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import { afterEach, expect, test, vi } from 'vitest';
import { findKafka } from '../../../../test/brokers/lab.ts';
import { canMount, mountSmallDisk } from '../../../../test/brokers/small-disk.ts';
import { asNew, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect, reader } from '../../../../test/contract/event-log.reader.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';

const patience = { timeout: 60_000, interval: 200 };
const large = (): NewEvent => asNew({ type: 'VariableSet', data: { variable: 'x', value: 'x'.repeat(100_000) } });
const ids = (events: readonly RecordedEvent[]) => events.map(({ id }) => id);

const found = await findKafka('4');

test.skipIf(!found.found || !canMount || process.env.ROLLCALL_TEST_KAFKA)(
  'when a broker’s disk is full appends fail with what to do, and go on by themselves once there is room; nothing is lost',
  { timeout: 180_000 },
  async () => {
    if (!found.found) return;
    const disk = await mountSmallDisk(8);
    const kafka = await found.start({ logDirectory: () => join(disk.directory, 'log') });
    const { open, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka.bootstrap);
    afterEach(cleanup);
    try {
      const topic = newTopic();
      const problems: (string | undefined)[] = [];
      const log = await open({ topic, problem: (error) => problems.push(error?.code) });
      const follower = reader(log.partition(0), START);
      const appended: NewEvent[] = [];
      let refused: unknown;
      let last = large();
      for (let count = 0; refused === undefined; count++) {
        last = large();
        try {
          await log.append(streamOf(`${count}`), 'none', [last]);
          appended.push(last);
        } catch (error) {
          refused = error;
        }
      }
      expect(isRollcallError(refused) && refused.line).toMatch(/^LOG_(FULL|UNAVAILABLE): Kafka at .*/);
      await disk.grow(64);
      const [broker] = kafka.brokers;
      // Kafka ends a broker that has no disk left to write to; whoever made the room starts it again.
      expect(await broker?.exited()).toBe('exit code 1');
      await broker?.start();
      const stream = streamOf(`${appended.length}`);
      await vi.waitFor(() => log.append(stream, 'none', [last]), patience);
      appended.push(last);
      await follower.has(appended.length);
      expect(ids(await follower.stop())).toEqual(appended.map(({ id }) => id));
      expect(problems.at(-1)).toBeUndefined();
      const fresh = await open({ topic });
      expect(ids(await collect(fresh.partition(0).readAll(START)))).toEqual(appended.map(({ id }) => id));
    } finally {
      await cleanup();
      await kafka.stop();
      await disk.remove();
    }
  },
);
