import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewEvent, type RecordedEvent, revision, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { memoryModel } from '../../../../test/contract/event-log.model.ts';
import { asAppended, collect } from '../../../../test/contract/event-log.reader.ts';
import type { Append } from '../embedded/write-append.ts';
import { checkedAppend } from './append-checks.ts';
import { openMirror } from './mirror.ts';
import { openMirrorFile } from './mirror-file.ts';
import { openPartitionLog } from './partition-log.ts';
import { resuming } from './resume.ts';
import { partitionDouble } from './testing/partition-double.ts';

const dirs: string[] = [];
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'kafka-mirror-'));
  dirs.push(dir);
  return dir;
};

type Partition = ReturnType<typeof partitionDouble>;

/** A reader of the partition that keeps what it has read in `dir`. */
const readerIn = (dir: string) => {
  const file = openMirrorFile({ dir, topic: 't', partition: 0, world: systemWorld, warn: () => {} });
  const mirror = openMirror(file);
  const feeding = resuming(mirror, 'the partition');
  const never = async (): Promise<never> => Promise.reject(new Error('only reads'));
  const { signal: lost } = new AbortController();
  const log = openPartitionLog({
    label: 'the partition',
    mirror,
    scheduler: systemWorld.scheduler,
    mode: 'read',
    lost,
    problem: () => undefined,
    produce: never,
    end: never,
  });
  closers.push(file.close);
  return {
    log,
    mirror,
    /** Connects and reads to the end, `size` batches at a time. */
    readAll: (partition: Partition, size = Number.MAX_SAFE_INTEGER): void => {
      feeding.begin();
      while (mirror.state.next < partition.end) feeding.take(partition.fetch(feeding.from(), size));
    },
    close: () => {
      closers.splice(closers.indexOf(file.close), 1);
      file.close();
    },
  };
};

const eventsOf = async (dir: string, partition: Partition, size?: number): Promise<RecordedEvent[]> => {
  const reader = readerIn(dir);
  reader.readAll(partition, size);
  const events = await collect(reader.log.readAll(START));
  reader.close();
  return events;
};

const STREAMS = 3;

/** An append whose writer believes its stream to be `off` from where it is; or one of those before once more. */
const step = fc.record({
  stream: fc.nat(STREAMS - 1),
  off: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: -3, max: 2 }) }),
  /** Which of those before. */
  again: fc.option(fc.nat(12), { freq: 4 }),
  events: fc.array(fc.constantFrom('created', 'state', 'destroyed'), { minLength: 1, maxLength: 4 }),
  foreign: fc.boolean(),
});
const make = { created: () => created(), state: () => state(6), destroyed };

describe('of the appends that expect the same revision the first in the partition counts', () => {
  test('for every reader alike, wherever its reading is cut, and as the model says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 15 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 2 }),
        async (batches, cuts) => {
          const partition = partitionDouble(randomUUID());
          const model = memoryModel();
          const attempts: { append: Append; made: NewEvent[] }[] = [];
          const restarted = newDir();
          for (const [index, batch] of batches.entries()) {
            const written = batch.map(({ stream, off, again, events }) => {
              const earlier = again === null ? undefined : attempts[again];
              const name = streamOf(`${stream}`);
              const at = model.stream(name).length - 1 + off;
              const made = earlier?.made ?? events.map((event) => make[event]());
              const append = earlier?.append ?? checkedAppend(name, at < 0 ? 'none' : revision(at), made);
              if (!earlier) attempts.push({ append, made });
              model.append(append.stream, append.expected, made);
              return append;
            });
            partition.append(...written);
            if (batch[0]?.foreign) partition.write([{ key: 'x', value: 'not ours' }]);
            // This one is closed and opened again in between.
            if (index % 3 === 0) await eventsOf(restarted, partition, cuts[index % cuts.length]);
          }
          const atOnce = await eventsOf(newDir(), partition);
          for (const name of model.names()) {
            expect(atOnce.filter(({ stream }) => stream === name).map(asAppended)).toEqual(model.stream(name));
          }
          const begun = model.names().filter((name) => model.stream(name).length > 0);
          expect(new Set(atOnce.map(({ stream }) => stream))).toEqual(new Set(begun));
          for (const size of cuts) expect(await eventsOf(newDir(), partition, size)).toEqual(atOnce);
          expect(await eventsOf(restarted, partition, 1)).toEqual(atOnce);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('an append that lost leaves nothing, not even the event behind the one that was beaten', async () => {
    const partition = partitionDouble(randomUUID());
    const [a, b, c, d] = [created(), state(1), state(2), state(3)];
    const first = checkedAppend(streamOf('1'), 'none', [a]);
    const beaten = checkedAppend(streamOf('1'), 'none', [b, c]);
    partition.append(first);
    partition.append(beaten);
    partition.append(checkedAppend(streamOf('1'), revision(0), [d]));
    expect((await eventsOf(newDir(), partition)).map(asAppended)).toEqual([a, d]);
  });

  test('a closed stream is not begun again by a writer that does not know of it', async () => {
    const partition = partitionDouble(randomUUID());
    const known = [created(), destroyed()];
    partition.append(checkedAppend(streamOf('1'), 'none', known));
    const dir = newDir();
    await eventsOf(dir, partition);
    partition.append(checkedAppend(streamOf('1'), 'none', [created()]));
    const reader = readerIn(dir);
    reader.readAll(partition);
    expect((await collect(reader.log.readAll(START))).map(asAppended)).toEqual(known);
    expect(reader.mirror.passed).toEqual({ appends: 1, foreign: 0 });
  });

  test('an event of another PBX in a stream counts for nobody', async () => {
    const partition = partitionDouble(randomUUID());
    const [ours, stray, next] = [created(), asNew({ type: 'ChannelUnheld', data: {} }, { pbx: 'pbx-b' }), state(1)];
    partition.append(checkedAppend(streamOf('1'), 'none', [ours]));
    partition.append(checkedAppend(streamOf('1'), revision(0), [stray]));
    partition.append(checkedAppend(streamOf('1'), revision(0), [next]));
    expect((await eventsOf(newDir(), partition)).map(asAppended)).toEqual([ours, next]);
  });
});
