import { statSync } from 'node:fs';
import {
  isTerminal,
  type NewEvent,
  type Position,
  position,
  type RecordedEvent,
  revision,
  START,
} from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { asNew, created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect, reader } from '../../../../test/contract/event-log.reader.ts';
import type { EmbeddedLog } from './embedded-log.ts';
import { findings } from './testing/findings.ts';
import { makeFormat1 } from './testing/former-format.ts';
import { logsUnderTest } from './testing/logs-under-test.ts';
import { otherProcess } from './testing/other-process.ts';

const { newDir, open, cleanup } = logsUnderTest();
afterEach(cleanup);

/** A world in which a transaction of a compaction is never long: it drops as many streams as it may. */
const still = { ...systemWorld, clock: { ...systemWorld.clock, monotonic: () => 0 } };

const booted = (): NewEvent => asNew({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } });

/** Calls of four events of which `alive` are open at any time, ended in the order in which they began; then all but those go. */
const calls = async (log: EmbeddedLog, count: number, alive = 10): Promise<void> => {
  let appends: Promise<unknown>[] = [];
  for (let call = 0; call < count; call += 1) {
    const over = call - alive;
    appends.push(log.append(streamOf(`${call}`), 'none', [created(), state(4), state(6)]));
    if (over >= 0) appends.push(log.append(streamOf(`${over}`), revision(2), [destroyed()]));
    if (call % 100 < 99 && call < count - 1) continue;
    await Promise.all(appends);
    appends = [];
  }
};

const streamsOf = (events: readonly RecordedEvent[]): Map<string, RecordedEvent[]> =>
  Map.groupBy(events, ({ stream }) => stream);

/** Enough to know events by, and quick to compare. */
const lines = (events: readonly RecordedEvent[]): string[] =>
  events.map(({ position, stream, revision, type, id }) => `${position} ${stream} ${revision} ${type} ${id}`);

/** What a compaction leaves: everything but streams that closed by then, the newest event excepted. */
const leftBy = (all: readonly RecordedEvent[], before: number): RecordedEvent[] => {
  const head = all.at(-1)?.position ?? START;
  const over = new Set<string>();
  for (const [stream, events] of streamsOf(all)) {
    const last = events.at(-1);
    if (last && isTerminal(last.type) && last.position <= before && last.position < head) over.add(stream);
  }
  return all.filter(({ stream }) => !over.has(stream));
};

describe('compaction', () => {
  test('drops the streams that closed by then, whole, and nothing else', async () => {
    const dir = newDir();
    const log = open(dir);
    await log.append('pbx/pbx-a', 'none', [booted()]);
    await calls(log, 200);
    const all = await collect(log.readAll(START));
    const openNow = await collect(log.readOpen());
    const before = position(Math.floor((all.at(-1)?.position ?? 0) / 2));
    const left = leftBy(all, before);
    const compacted = await log.compact({ before });
    expect(compacted).toMatchObject({ held: 0, events: all.length - left.length });
    expect(compacted.streams).toBe(compacted.events / 4);
    expect(compacted.streams).toBeGreaterThan(50);

    for (const found of [log, open(dir, { mode: 'read' })]) {
      expect(await collect(found.readAll(START))).toEqual(left);
      expect(await collect(found.readOpen())).toEqual(openNow);
      const ends = all.filter((event) => !left.includes(event) && isTerminal(event.type));
      expect(await found.compactedTo()).toBe(ends.at(-1)?.position);
      expect(await found.head()).toBe(all.at(-1)?.position);
      expect(await findings(found, { structure: true })).toEqual([]);
    }
    expect(await log.compact({ before })).toMatchObject({ streams: 0, events: 0 });
  });

  test('of any history, at any position, leaves what it should, and a right log', async () => {
    const step = fc.record({ stream: fc.nat(5), ends: fc.boolean(), compacts: fc.option(fc.nat(60), { freq: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.boolean(), async (steps, reopens) => {
        const dir = newDir();
        let log = open(dir);
        let expected: RecordedEvent[] = [];
        let compactedTo = START;
        const ids = new Set<string>();
        for (const { stream, ends, compacts } of steps) {
          const name = streamOf(`${stream}`);
          const at = (await log.heads([name])).get(name)?.revision ?? 'none';
          const known = expected.filter((event) => event.stream === name);
          expect(at).toBe(known.at(-1)?.revision ?? 'none');
          const appended = await log.append(name, at, [
            at === 'none' ? created() : state(6),
            ...(ends ? [destroyed()] : []),
          ]);
          expected.push(...(await collect(log.readAll(expected.at(-1)?.position ?? START))));
          expect(expected.at(-1)?.position).toBe(appended.position);
          for (const { id } of expected) ids.add(id);
          if (compacts === undefined || compacts === null) continue;
          const left = leftBy(expected, compacts);
          const gone = expected.filter((event) => !left.includes(event) && isTerminal(event.type));
          compactedTo = position(Math.max(compactedTo, ...gone.map((event) => event.position)));
          await log.compact({ before: position(compacts) });
          expected = left;
          if (reopens) {
            await log.close();
            log = open(dir);
          }
          expect(await collect(log.readAll(START))).toEqual(expected);
        }
        expect(await log.compactedTo()).toBe(compactedTo);
        expect(await findings(log)).toEqual([]);
        // Positions are given once, whatever has been dropped.
        expect(expected.every((event, index) => event.position > (expected[index - 1]?.position ?? 0))).toBe(true);
        await cleanup();
      }),
      { numRuns: 40 },
    );
  });

  test('of a stream that is over for its writer makes it a stream that never was', async () => {
    const log = open(newDir());
    await log.append(streamOf('1'), 'none', [created(), destroyed()]);
    await log.append(streamOf('2'), 'none', [created()]);
    await log.compact({ before: await log.head() });
    expect(await log.heads([streamOf('1')])).toEqual(new Map());
    expect(await collect(log.readStream(streamOf('1')))).toEqual([]);
    await expect(log.append(streamOf('1'), revision(1), [created()])).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
      actual: 'none',
    });
    expect(await log.append(streamOf('1'), 'none', [created()])).toMatchObject({ revision: 0, position: 4 });
    expect(await findings(log)).toEqual([]);
  });

  test('spares a stream that came back, until it ends again', async () => {
    const log = open(newDir());
    const first = await log.append(streamOf('1'), 'none', [created(), destroyed()]);
    const again = await log.append(streamOf('1'), first.revision, [created()]);
    await log.compact({ before: await log.head() });
    expect(await collect(log.readStream(streamOf('1')))).toHaveLength(3);
    const end = await log.append(streamOf('1'), again.revision, [destroyed()]);
    await log.append(streamOf('2'), 'none', [created()]);
    await log.compact({ before: first.position });
    expect(await collect(log.readStream(streamOf('1')))).toHaveLength(4);
    await log.compact({ before: end.position });
    expect(await collect(log.readStream(streamOf('1')))).toEqual([]);
  });

  test('never takes a stream of a PBX, nor the newest event', async () => {
    const log = open(newDir(), { terminal: () => true });
    const pbx = await log.append('pbx/pbx-a', 'none', [booted()]);
    const head = await log.append(streamOf('1'), 'none', [created()]);
    expect(await log.compact({ before: head.position })).toMatchObject({ streams: 0 });
    expect((await collect(log.readAll(START))).map((event) => event.position)).toEqual([pbx.position, head.position]);
  });

  test('is in small transactions: appends get in between, and an abort ends it with what is done', async () => {
    const log = open(newDir(), { world: still });
    await calls(log, 1_500);
    const all = await collect(log.readAll(START));
    const controller = new AbortController();
    const steps: number[] = [];
    let appended = 0;
    const first = await log.compact({
      before: await log.head(),
      signal: controller.signal,
      progress: ({ streams }) => {
        steps.push(streams);
        log.append(streamOf(`new-${steps.length}`), 'none', [created()]).then(() => {
          appended += 1;
          if (appended === 3) controller.abort();
        });
      },
    });
    expect(steps.slice(0, 3)).toEqual([200, 400, 600]);
    expect(first.streams).toBeLessThan(1_400);
    expect(await findings(log)).toEqual([]);
    const rest = await log.compact({ before: await log.head() });
    expect(first.streams + rest.streams).toBe(1_490);
    const left = await collect(log.readAll(START));
    const since = left.filter(({ stream }) => stream.includes('new-'));
    expect(left).toEqual(leftBy([...all, ...since], Number.MAX_SAFE_INTEGER));
  });

  test('gives the room back to the disk; in a file of format 1 it is used again', async () => {
    for (const format of [1, 2]) {
      const dir = newDir();
      const log = open(dir);
      await calls(log, 3_000);
      await log.close();
      if (format === 1) makeFormat1(log.path, { compacted: false });
      const before = statSync(log.path).size;
      const again = open(dir);
      const { givenBack } = await again.compact({ before: await again.head() });
      await again.close();
      const after = statSync(log.path).size;
      if (format === 2) {
        expect(after).toBeLessThan(before / 5);
        expect(givenBack).toBe(before - after);
      } else {
        expect(givenBack).toBe(0);
        const more = open(dir);
        await calls(more, 1_000);
        await more.close();
        expect(statSync(log.path).size).toBe(before);
      }
      expect(await findings(open(dir), { structure: true })).toEqual([]);
    }
  });

  test('is refused where the log is only read', async () => {
    const dir = newDir();
    await open(dir).close();
    await expect(open(dir, { mode: 'read' }).compact({ before: START })).rejects.toMatchObject({
      code: 'LOG_READ_ONLY',
    });
  });
});

describe('a reader during a compaction', () => {
  /** Streams of which the reader has a part. */
  const inPart = (read: RecordedEvent[], all: RecordedEvent[]): string[] => {
    const whole = streamsOf(all);
    return [...streamsOf(read)].flatMap(([stream, events]) =>
      events.length === whole.get(stream)?.length ? [] : [stream],
    );
  };

  /** Reads as far as `pages`, has everything compacted that is over, and reads on. */
  const readAcross = async (
    batches: AsyncIterable<RecordedEvent[]>,
    pages: number,
    compact: () => Promise<unknown>,
  ): Promise<RecordedEvent[]> => {
    const read: RecordedEvent[] = [];
    let page = 0;
    for await (const batch of batches) {
      read.push(...batch);
      page += 1;
      if (page === pages) await compact();
    }
    return read;
  };

  test.each([1, 2, 4])('of readAll gets every stream that it has begun to its end (%i pages)', async (pages) => {
    const log = open(newDir());
    await calls(log, 1_500, 40);
    const all = await collect(log.readAll(START));
    let held = 0;
    const read = await readAcross(log.readAll(START), pages, async () => {
      ({ held } = await log.compact({ before: await log.head() }));
    });
    expect(inPart(read, all)).toEqual([]);
    expect(held).toBeGreaterThan(0);
    expect(read.length).toBeLessThan(all.length);
    // Nobody reads now.
    expect(await log.compact({ before: await log.head() })).toMatchObject({ streams: held, held: 0 });
    expect(await findings(log)).toEqual([]);
  });

  test('of a subscription gets every stream that it has begun to its end, and what comes', async () => {
    const log = open(newDir());
    await calls(log, 1_500, 40);
    const all = await collect(log.readAll(START));
    const controller = new AbortController();
    const read: RecordedEvent[] = [];
    for await (const batch of log.subscribe(START, controller.signal)) {
      if (read.length === 0) {
        await log.compact({ before: await log.head() });
        await log.append(streamOf('new'), 'none', [created()]);
      }
      read.push(...batch);
      if (batch.at(-1)?.stream === streamOf('new')) controller.abort();
    }
    expect(inPart(read, [...all, ...read.slice(-1)])).toEqual([]);
    expect(await log.compact({ before: await log.head() })).toMatchObject({ held: 0 });
  });

  test('of a subscription finds nothing in memory of what the file has no longer', async () => {
    const log = open(newDir());
    const states = (count: number) => Array.from({ length: count }, (_, index) => state(index));
    await log.append(streamOf('1'), 'none', [created()]);
    const first = await log.append(streamOf('long'), 'none', states(999));
    const subscribed = reader(log, START);
    await subscribed.has(1_000);
    const second = await log.append(streamOf('long'), first.revision, states(500));
    await log.append(streamOf('1'), revision(0), [destroyed()]);
    await log.append(streamOf('long'), second.revision, states(500));
    await subscribed.has(2_001);
    expect(await log.compact({ before: await log.head() })).toMatchObject({ streams: 1 });
    const late = reader(log, START);
    await late.has(1_999);
    await log.append(streamOf('2'), 'none', [created()]);
    await late.has(2_000);
    expect(new Set((await late.stop()).map(({ stream }) => stream))).toEqual(
      new Set([streamOf('long'), streamOf('2')]),
    );
    expect(await subscribed.stop()).toHaveLength(2_002);
  });

  test('of readOpen gets what was open then, and of readStream the stream', async () => {
    const log = open(newDir());
    const long = Array.from({ length: 1_200 }, (_, index) => state(index));
    for (const stream of ['1', '2', '3']) await log.append(streamOf(stream), 'none', long);
    const at = await log.head();
    const wanted = await collect(log.readOpen(at));
    const openThen = log.readOpen(at);
    const stream = log.readStream(streamOf('3'));
    const begun: RecordedEvent[][] = [];
    for (const batches of [openThen, stream]) {
      const first = await batches[Symbol.asyncIterator]().next();
      begun.push(first.value);
    }
    for (const name of ['1', '2', '3']) await log.append(streamOf(name), revision(1_199), [destroyed()]);
    await log.append(streamOf('4'), 'none', [created()]);
    expect(await log.compact({ before: await log.head() })).toMatchObject({ streams: 0, held: 3 });
    expect([...(begun[0] ?? []), ...(await collect(openThen))]).toEqual(wanted);
    expect([...(begun[1] ?? []), ...(await collect(stream))]).toHaveLength(1_201);
    expect(await log.compact({ before: await log.head() })).toMatchObject({ streams: 3, held: 0 });
  });

  test('that leaves in the middle holds nothing any longer', async () => {
    const log = open(newDir());
    await calls(log, 600, 40);
    for await (const _ of log.readAll(START)) break;
    const stopped = reader(log, START);
    await stopped.has(100);
    await stopped.stop();
    expect(await log.compact({ before: await log.head() })).toMatchObject({ held: 0 });
  });

  test('in another process is told when the end of what it read may be gone, and else reads on', async () => {
    const dir = newDir();
    const log = open(dir);
    await calls(log, 1_500, 40);
    const all = await collect(log.readAll(START));
    const reading = open(dir, { mode: 'read' });
    const half = position(Math.floor(all.length / 2));
    const failure = await readAcross(reading.readAll(START), 3, () =>
      log.compact({ before: position(half + 1_000) }),
    ).catch((error: unknown) => error);
    expect(isRollcallError(failure, 'LOG_COMPACTED')).toBe(true);
    const left = await collect(log.readAll(START));
    const last = await readAcross(reading.readAll(START), 2, () => log.compact({ before: position(half + 1_010) }));
    expect(last.length).toBeGreaterThan(left.length - 100);
    const past = readAcross(reading.readOpen(half as Position), 1, () =>
      log.compact({ before: position(half + 2_000) }),
    );
    expect((await past).every((event) => event.position <= half)).toBe(true);
  });
});

test('who reads while another process compacts finds each page whole', { timeout: 60_000 }, async () => {
  const dir = newDir();
  const churning = otherProcess(['churn', dir]);
  await churning.printed(1);
  const reading = open(dir, { mode: 'read', terminal: () => true });
  const firsts = new Set<number>();
  for (let read = 0; read < 300 || firsts.size < 10; read += 1) {
    for await (const [first] of reading.readAll(START)) {
      firsts.add(first?.position ?? 0);
      break;
    }
  }
  await churning.kill();
  expect(await findings(reading)).toEqual([]);
});

const KILLS = 12;

test(`a compaction that is killed leaves a right log, ${KILLS} times`, { timeout: 300_000 }, async () => {
  const dir = newDir();
  const log = open(dir);
  await log.append('pbx/pbx-a', 'none', [booted()]);
  await calls(log, 6_000, 50);
  let before = await collect(log.readAll(START));
  const openNow = lines(await collect(log.readOpen()));
  const wanted = lines(leftBy(before, Number.MAX_SAFE_INTEGER));
  await log.close();
  let killed = 0;
  for (let run = 0; run < KILLS; run += 1) {
    const compacting = otherProcess(['compact', dir]);
    await compacting.printed(1 + Math.floor(Math.random() * 3));
    await compacting.kill();
    if (!compacting.lines.at(-1)?.startsWith('done')) killed += 1;
    const again = open(dir);
    expect(await findings(again, { structure: true })).toEqual([]);
    const all = await collect(again.readAll(START));
    expect(lines(await collect(again.readOpen()))).toEqual(openNow);
    const compactedTo = await again.compactedTo();
    expect(lines(all)).toEqual(lines(leftBy(before, compactedTo)));
    await again.close();
    before = all;
  }
  expect(killed).toBeGreaterThan(KILLS / 3);
  const last = open(dir);
  await last.compact({ before: await last.head() });
  expect(lines(await collect(last.readAll(START)))).toEqual(wanted);
});
