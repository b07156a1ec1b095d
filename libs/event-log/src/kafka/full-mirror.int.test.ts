import { join } from 'node:path';
import { START } from '@rollcall/channel';
import { afterEach, expect, test, vi } from 'vitest';
import { canMount, mountSmallDisk, type SmallDisk } from '../../../../test/brokers/small-disk.ts';
import { asNew, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

const patience = { timeout: 60_000, interval: 200 };
const large = () => asNew({ type: 'VariableSet', data: { variable: 'x', value: 'x'.repeat(100_000) } });

await withKafka('4', {}, (kafka) => {
  const { open, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  let disk: SmallDisk | undefined;
  afterEach(async () => {
    await cleanup();
    await disk?.remove();
  });

  test.skipIf(!canMount)(
    'when this machine’s own disk is full the reason is told, appends fail, and all goes on once there is room',
    { timeout: 180_000 },
    async () => {
      disk = await mountSmallDisk(3);
      const topic = newTopic();
      const problems: (string | undefined)[] = [];
      const log = await open({
        topic,
        dir: join(disk.directory, 'log'),
        problem: (error) => problems.push(error?.line),
      });
      let refused: unknown;
      let count = 0;
      const events = Array.from({ length: 100 }, large);
      for (; refused === undefined && count < events.length; count++) {
        const event = events[count] ?? large();
        refused = await log.append(streamOf(`${count}`), 'none', [event]).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      expect(refused).toMatchObject({ code: 'LOG_FULL', message: expect.stringContaining(disk.directory) });
      expect(problems.at(-1)).toMatch(/^LOG_FULL: .*Make room on that disk/);
      await disk.grow(64);
      const last = count - 1;
      await vi.waitFor(() => log.append(streamOf(`${last}`), 'none', [events[last] ?? large()]), patience);
      const expected = events.slice(0, count).map(({ id }) => id);
      expect((await collect(log.partition(0).readAll(START))).map(({ id }) => id)).toEqual(expected);
      expect(problems.at(-1)).toBeUndefined();
    },
  );
});
