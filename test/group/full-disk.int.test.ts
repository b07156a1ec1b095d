import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createTopic, write } from '../../libs/projection-topic/src/testing/raw-client.ts';
import { findKafka } from '../brokers/lab.ts';
import { canMount, mountSmallDisk } from '../brokers/small-disk.ts';
import { created, streamOf } from '../contract/event-log.events.ts';
import { channelsOf, foldLog, onTopic } from './oracle.ts';
import { createPlace } from './place.ts';

const PATIENT = { timeout: 40_000, interval: 100 };
const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

const found = await findKafka('4');

test.skipIf(!found.found || !canMount || process.env.ROLLCALL_TEST_KAFKA)(
  'a broker whose disk is full is told by the projectors; with room again they go on by themselves',
  { timeout: 120_000 },
  async () => {
    if (!found.found) return;
    const disk = await mountSmallDisk(12);
    undo.push(disk.remove);
    const kafka = await found.start({ logDirectory: () => join(disk.directory, 'log') });
    undo.push(kafka.stop);
    const place = createPlace(kafka, 1);
    undo.push(place.cleanup);
    const log = await place.openLog();
    await log.append(streamOf('1'), 'none', [created()]);
    const group = place.group();
    await vi.waitFor(() => expect(group.partitions()[0]?.published).toBeDefined(), PATIENT);

    await createTopic(kafka, 'filler', {});
    const filling = expect(async () => {
      for (;;) await write(kafka, 'filler', [{ value: Buffer.alloc(500_000, 'x') }]);
    }).rejects.toThrow();
    const [broker] = kafka.brokers;
    // Kafka ends a broker that has no disk left to write to; whoever makes room starts it again.
    expect(await broker?.exited()).toBe('exit code 1');
    await vi.waitFor(() => expect(group.problem()?.line).toMatch(/^(KAFKA|LOG)_\w+: .*(again|run)/), PATIENT);
    // Before there is room: it would go on filling.
    await filling;
    await disk.grow(64);
    await broker?.start();
    await log.append(streamOf('2'), 'none', [created('PJSIP/2')]);
    await vi.waitFor(() => expect(group.problem()).toBeUndefined(), PATIENT);
    const { folded } = await foldLog(kafka, place.events, 1);
    await vi.waitFor(
      async () => expect(await onTopic(kafka, place.topics.channels)).toEqual(channelsOf(folded)),
      PATIENT,
    );
  },
);
