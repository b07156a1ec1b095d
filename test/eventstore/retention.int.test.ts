import { type RecordedEvent, revision, START } from '@rollcall/channel';
import { systemWorld, type World } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import { openEventStoreLog } from '@rollcall/event-log/eventstore';
import { replay, replayOpen } from '@rollcall/projector';
import { digest } from '@rollcall/state-cache';
import { afterEach, expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from '../contract/event-log.events.ts';
import { collect } from '../contract/event-log.reader.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { type Node, startNode } from './double/node.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const nodes: Node[] = [];
const logs: EventLog[] = [];
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
  for (const node of nodes.splice(0)) await node.stop();
});

/** A server and a log on it that live through days at once. */
const startDays = async () => {
  const node = await startNode();
  nodes.push(node);
  let ahead = 0;
  const world: World = {
    ...systemWorld,
    clock: { now: () => Date.now() + ahead, monotonic: () => performance.now() + ahead },
  };
  return {
    node,
    open: async (retain?: number): Promise<EventLog> => {
      const connection = `esdb://127.0.0.1:${node.port}?tls=false`;
      const log = await openEventStoreLog({ connection, world, ...(retain === undefined ? {} : { retain }) });
      logs.push(log);
      return log;
    },
    pass: (ms: number): void => {
      ahead += ms;
      node.store.advance(ms);
    },
    maxAgeOf: (stream: string): number | undefined => {
      const metadata = node.store.readStream(`$$rollcall-${stream}`);
      const last = typeof metadata === 'object' ? metadata.events.at(-1) : undefined;
      return last && JSON.parse(Buffer.from(last.data).toString()).$maxAge;
    },
  };
};

const call = async (log: EventLog, uniqueid: string): Promise<void> => {
  await log.append(streamOf(uniqueid), 'none', [created(`PJSIP/${uniqueid}`), state(4)]);
  await log.append(streamOf(uniqueid), revision(1), [state(6), destroyed()]);
};

const streamsOf = (events: readonly RecordedEvent[]): string[] => [...new Set(events.map(({ stream }) => stream))];

test('without retention nothing is ever dropped', async () => {
  const { open, pass, maxAgeOf } = await startDays();
  const log = await open();
  await call(log, '1');
  pass(1_000 * DAY);
  expect(await log.compactedTo()).toBe(START);
  expect(maxAgeOf(streamOf('1'))).toBeUndefined();
  expect(await collect(log.readAll(START))).toHaveLength(4);
});

test('a closed stream is kept whole for so long after it closed, however long it lived, and an open one for ever', async () => {
  const { open, pass, maxAgeOf, node } = await startDays();
  const log = await open(DAY);
  await call(log, 'short');
  await log.append(streamOf('long'), 'none', [created('PJSIP/long'), state(6)]);
  await log.append(streamOf('open'), 'none', [created('PJSIP/open')]);
  pass(3 * DAY);
  await log.append(streamOf('long'), revision(1), [destroyed()]);
  await waitFor('its age to be set', () => maxAgeOf(streamOf('long')) !== undefined);
  expect(maxAgeOf(streamOf('long'))).toBeGreaterThanOrEqual((4 * DAY) / 1_000);
  pass(DAY);
  node.store.scavenge();
  expect(await collect(log.readStream(streamOf('short')))).toEqual([]);
  expect(await collect(log.readStream(streamOf('long')))).toHaveLength(3);
  expect(await log.compactedTo()).not.toBe(START);
  pass(3 * HOUR);
  node.store.scavenge();
  const left = await collect(log.readStream(streamOf('long')));
  expect(left.map((event) => event.revision)).toEqual([2]);
  expect(await log.compactedTo()).toBeGreaterThanOrEqual(left[0]?.position ?? Number.POSITIVE_INFINITY);
  pass(1_000 * DAY);
  node.store.scavenge();
  expect(streamsOf(await collect(log.readAll(START)))).toEqual([streamOf('open')]);
  expect(streamsOf(await collect(log.readOpen()))).toEqual([streamOf('open')]);
  expect(await log.heads(['short', 'long', 'open'].map(streamOf))).toEqual(
    new Map([
      [streamOf('short'), { revision: 3, closed: true }],
      [streamOf('long'), { revision: 2, closed: true }],
      [streamOf('open'), { revision: 0, closed: false }],
    ]),
  );
});

test('what closed after compactedTo is whole, at every hour, scavenged or not; the list is the same by every way', async () => {
  const { open, pass, node } = await startDays();
  const log = await open(6 * HOUR);
  const written = new Map<string, { count: number; closed: number }>();
  let moved = 0;
  let before: number = START;
  for (let hour = 0; hour < 30; hour += 1) {
    const stream = streamOf(`${hour}`);
    await log.append(stream, 'none', [created(`PJSIP/${hour}`), state(4)]);
    // Every fifth lives for some hours, every seventh is never over.
    const ending = hour % 5 === 4 ? hour - 4 : hour;
    if (hour % 5 !== 0 && ending % 7 !== 6) {
      const { revision: head } = (await log.heads([streamOf(`${ending}`)])).get(streamOf(`${ending}`)) ?? {};
      const { position } = await log.append(streamOf(`${ending}`), revision(head ?? 0), [destroyed()]);
      written.set(streamOf(`${ending}`), { count: 3, closed: position });
    }
    pass(HOUR);
    if (hour % 3 === 1) node.store.scavenge();

    const compactedTo = await log.compactedTo();
    expect(compactedTo).toBeGreaterThanOrEqual(before);
    if (compactedTo > before) moved += 1;
    before = compactedTo;
    const all = await collect(log.readAll(START));
    const byStream = Map.groupBy(all, (event) => event.stream);
    for (const [stream, events] of byStream) {
      expect([stream, events.map((event) => event.revision)]).toEqual([stream, events.map((_, index) => index)]);
    }
    for (const [stream, { count, closed }] of written) {
      if (closed > compactedTo) expect([stream, byStream.get(stream)?.length]).toEqual([stream, count]);
    }
    expect(digest(await replay(log))).toBe(digest(await replayOpen(log)));
  }
  expect(moved).toBeGreaterThan(10);
});

test('a subscription from the beginning hands over only what is whole', async () => {
  const { open, pass, node } = await startDays();
  const log = await open(HOUR);
  await call(log, 'gone');
  await log.append(streamOf('open'), 'none', [created()]);
  pass(10 * HOUR);
  node.store.scavenge();
  await call(log, 'fresh');
  const controller = new AbortController();
  const got: RecordedEvent[] = [];
  for await (const batch of log.subscribe(START, controller.signal)) {
    got.push(...batch);
    if (got.length === 5) controller.abort();
  }
  expect(streamsOf(got)).toEqual([streamOf('open'), streamOf('fresh')]);
  expect(got).toEqual(await collect(log.readAll(START)));
});

test('a stream that is opened again loses nothing from then on', async () => {
  const { open, pass, node, maxAgeOf } = await startDays();
  const log = await open(HOUR);
  await call(log, '1');
  await waitFor('its age to be set', () => maxAgeOf(streamOf('1')) !== undefined);
  pass(HOUR);
  await log.append(streamOf('1'), revision(3), [created(), state(6)]);
  expect(maxAgeOf(streamOf('1'))).toBeUndefined();
  pass(100 * DAY);
  node.store.scavenge();
  expect((await collect(log.readStream(streamOf('1')))).map((event) => event.revision)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await collect(log.readOpen())).toHaveLength(6);
});

test('a stream that a former process wrote is kept for its whole life too', async () => {
  const { open, pass, maxAgeOf } = await startDays();
  const former = await open(HOUR);
  await former.append(streamOf('1'), 'none', [created()]);
  await former.close();
  pass(5 * DAY);
  const log = await open(HOUR);
  await log.append(streamOf('1'), revision(0), [destroyed()]);
  await waitFor('its age to be set', () => maxAgeOf(streamOf('1')) !== undefined);
  expect(maxAgeOf(streamOf('1'))).toBeGreaterThanOrEqual((5 * DAY + HOUR) / 1_000);
});

test.each([
  ['a longer retention', 30 * DAY],
  ['none any more', undefined],
])('%s does not bring back what a shorter one dropped, and keeps what closes from then on', async (_, retain) => {
  const { open, pass, node } = await startDays();
  const short = await open(HOUR);
  await call(short, 'before');
  const dropped = await short.head();
  await short.close();
  pass(5 * HOUR);
  const longer = await open(retain);
  // For an hour others may go on by the setting that was.
  pass(2 * HOUR);
  await call(longer, 'after');
  pass(10 * DAY);
  node.store.scavenge();
  expect(await longer.compactedTo()).toBe(dropped);
  expect(streamsOf(await collect(longer.readAll(START)))).toEqual([streamOf('after')]);
  expect(await collect(longer.readStream(streamOf('after')))).toHaveLength(4);
});

test('ages that could not be set while the server was away are set when it is back', async () => {
  const { open, node, maxAgeOf } = await startDays();
  const log = await open(HOUR);
  node.faults.append = (stream) => (stream.startsWith('$$') ? { is: 'not-ready' } : undefined);
  await call(log, '1');
  node.faults.append = undefined;
  await waitFor('its age to be set', () => maxAgeOf(streamOf('1')) !== undefined);
  await call(log, '2');
  await log.close();
  expect(maxAgeOf(streamOf('2'))).toBeDefined();
});
