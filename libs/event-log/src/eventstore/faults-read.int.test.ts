import { type RecordedEvent, revision, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterEach, describe, expect, test } from 'vitest';
import { created, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { withCalls } from '../../../../test/contract/event-log.factory.ts';
import { collect, reader } from '../../../../test/contract/event-log.reader.ts';
import { startCluster } from '../../../../test/eventstore/double/cluster.ts';
import type { ReadFault } from '../../../../test/eventstore/double/faults.ts';
import { startNode } from '../../../../test/eventstore/double/node.ts';
import { waitFor } from '../../../../test/support/rollcall-process.ts';
import type { EventLog } from '../event-log.ts';
import { openEventStoreLog } from './eventstore-log.ts';
import { logsOnDouble } from './testing/logs-on-double.ts';

// Milestones would take some of the faults that are meant for what is tested.
const { node, open, openImpatient, cleanup } = logsOnDouble({}, { milestoneEvery: 0 });
afterEach(cleanup);

const places = (events: readonly RecordedEvent[]): number[] => events.map(({ position }) => position);

const appendSome = async (log: EventLog, from: number, to: number): Promise<void> => {
  for (let index = from; index < to; index += 1)
    await log.append(streamOf(`${index}`), 'none', [created(), state(index)]);
};

/** Events of somebody else, in streams whose names nearly look like ours. */
const appendForeign = (prefix: string, count: number): void => {
  for (let index = 0; index < count; index += 1) {
    const id = crypto.randomUUID();
    const event = {
      id,
      type: 'Other',
      contentType: 'application/json',
      data: Buffer.from('{}'),
      metadata: Buffer.from(''),
    };
    node().store.append(`${prefix}channels/${index}`, 'any', [event]);
  }
};

describe('a subscription', () => {
  const faults: [string, (call: number) => ReadFault | undefined][] = [
    ['is cut again and again', (call) => (call < 8 ? { is: 'cut', after: call * 3 } : undefined)],
    ['is ended by the server', (call) => (call < 5 ? { is: 'ended', after: 5 + call } : undefined)],
    ['comes with duplicates', () => ({ is: 'duplicates' })],
    ['comes slowly', () => ({ is: 'slow', ms: 3 })],
    ['finds the server not ready', (call) => (call < 4 ? { is: 'not-ready' } : undefined)],
    ['is refused for want of a leader', (call) => (call < 4 ? { is: 'not-leader' } : undefined)],
  ];
  test.each(faults)('that %s hands over every event once, in order', async (_, faultOf) => {
    const log = await open();
    await appendSome(log, 0, 20);
    let calls = 0;
    node().faults.read = (kind) => {
      if (kind !== 'subscription') return undefined;
      calls += 1;
      return faultOf(calls - 1);
    };
    const subscriber = reader(log, START);
    await subscriber.has(25);
    await appendSome(log, 20, 40);
    await subscriber.has(80);
    const got = await subscriber.stop();
    node().faults.read = undefined;
    expect(places(got)).toEqual(places(await collect(log.readAll(START))));
  });

  test.each([
    ['never answers', { is: 'silent' }],
    ['falls silent', { is: 'silent', after: 4 }],
    ['falls silent once it is live', { is: 'silent', after: 9 }],
  ] as const)('is asked for anew when the server %s', async (_, fault) => {
    const log = await openImpatient();
    await appendSome(log, 0, 3);
    let calls = 0;
    node().faults.read = (kind) => {
      if (kind !== 'subscription') return undefined;
      calls += 1;
      return calls === 1 ? fault : undefined;
    };
    const subscriber = reader(log, START);
    await waitFor('the subscription', () => calls === 1);
    await appendSome(log, 3, 6);
    await subscriber.has(12);
    expect(places(await subscriber.stop())).toEqual(places(await collect(log.readAll(START))));
  });

  test('outlives the server, and tells once that it is interrupted and once that it goes on', async () => {
    const away = await startNode();
    const told: (Error | undefined)[] = [];
    const log = await openEventStoreLog({
      connection: `esdb://127.0.0.1:${away.port}?tls=false`,
      world: systemWorld,
      stalled: (error) => void told.push(error),
    });
    const subscriber = reader(log, START);
    await appendSome(log, 0, 3);
    await subscriber.has(6);
    await away.stop();
    await waitFor('word of the interruption', () => told.length === 1);
    await away.start();
    await appendSome(log, 3, 6);
    await subscriber.has(12);
    expect(told).toEqual([expect.objectContaining({ code: 'LOG_UNAVAILABLE' }), undefined]);
    expect(places(await subscriber.stop())).toEqual(places(await collect(log.readAll(START))));
    await log.close();
    await away.stop();
  });

  test('goes on behind the checkpoint that the server gave, though nothing there was ours', async () => {
    const log = await open();
    await appendSome(log, 0, 2);
    const begun: number[] = [];
    node().faults.read = (kind, from) => {
      if (kind !== 'subscription') return undefined;
      begun.push(from);
      return begun.length === 1 ? { is: 'cut', after: 8 } : undefined;
    };
    const subscriber = reader(log, START);
    await subscriber.has(4);
    appendForeign(log.under.prefix, 2_500);
    await waitFor('the second subscription', () => begun.length === 2);
    await appendSome(log, 2, 4);
    await subscriber.has(8);
    const [, last] = await collect(log.readStream(streamOf('1')));
    expect(begun[1]).toBeGreaterThan(last?.position ?? Number.POSITIVE_INFINITY);
    expect(places(await subscriber.stop())).toEqual(places(await collect(log.readAll(START))));
  });

  test('misses nothing when its reader is slow while the connection is cut behind a checkpoint', async () => {
    const log = await open();
    await appendSome(log, 0, 5);
    appendForeign(log.under.prefix, 1_500);
    await appendSome(log, 5, 7);
    let calls = 0;
    node().faults.read = (kind) => {
      if (kind !== 'subscription') return undefined;
      calls += 1;
      // Confirmation, ten events, a checkpoint, and no more.
      return calls === 1 ? { is: 'cut', after: 12 } : undefined;
    };
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = reader(log, START, () => held);
    await slow.has(1);
    await appendSome(log, 7, 9);
    release();
    await slow.has(18);
    expect(calls).toBe(2);
    expect(places(await slow.stop())).toEqual(places(await collect(log.readAll(START))));
  });

  test('is refused at once where asking again cannot mend it', async () => {
    const closed = await startNode({ users: { admin: 'right' } });
    const connection = `esdb://admin:right@127.0.0.1:${closed.port}?tls=false`;
    await expect(openEventStoreLog({ connection, world: systemWorld })).rejects.toMatchObject({
      code: 'LOG_ACCESS_DENIED',
    });
    await closed.stop();
  });

  test('does not end the process when a cluster goes away node by node', { timeout: 60_000 }, async () => {
    const cluster = await startCluster(2);
    const [first, second] = cluster.nodes;
    const connection = `esdb://127.0.0.1:${first?.port},127.0.0.1:${second?.port}?tls=false&maxDiscoverAttempts=6&gossipTimeout=1&defaultDeadline=2000`;
    const log = await openEventStoreLog({ connection, world: systemWorld });
    const subscriber = reader(log, START);
    await log.append(streamOf('1'), 'none', [created()]);
    await subscriber.has(1);
    cluster.lead(1);
    await log.append(streamOf('1'), revision(0), [state(4)]);
    await subscriber.has(2);
    // The next leader is sought in vain, for a while, in which the connection that the subscription has is lost.
    for (const each of cluster.nodes) each.members = () => [];
    await second?.stop();
    const events = [state(5)];
    const appending = log.append(streamOf('1'), revision(1), events);
    appending.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 250));
    await first?.stop();
    await expect(appending).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await first?.start();
    if (first) first.members = () => [{ host: '127.0.0.1', port: first.port, leader: true, alive: true }];
    // It may have been written all the same: only as it was may it be tried again.
    await log.append(streamOf('1'), revision(1), events);
    await subscriber.has(3);
    await subscriber.stop();
    await log.close();
    await cluster.stop();
  });
});

describe('a read', () => {
  test('of the whole log or of one stream goes on where it was cut', async () => {
    const log = await open();
    await log.append(
      streamOf('long'),
      'none',
      Array.from({ length: 500 }, (_, index) => state(index)),
    );
    let calls = 0;
    node().faults.read = () => {
      calls += 1;
      return calls % 2 === 1 && calls < 9 ? { is: 'cut', after: 40 * calls } : undefined;
    };
    expect(places(await collect(log.readAll(START)))).toHaveLength(500);
    calls = 0;
    expect((await collect(log.readStream(streamOf('long')))).map((event) => event.revision)).toEqual(
      Array.from({ length: 500 }, (_, index) => index),
    );
    calls = 0;
    expect(await collect(log.readOpen())).toHaveLength(500);
    expect(calls).toBeGreaterThan(1);
  });

  test('that gets no answer is LOG_UNAVAILABLE within its deadline', async () => {
    const log = await openImpatient();
    await appendSome(log, 0, 3);
    node().faults.read = () => ({ is: 'silent' });
    for (const work of [
      () => collect(log.readAll(START)),
      () => collect(log.readStream(streamOf('0'))),
      () => collect(log.readOpen()),
      () => log.heads([streamOf('0')]),
      () => log.positionAt(0),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    }
    node().faults.read = undefined;
    expect(await collect(log.readAll(START))).toHaveLength(6);
  });

  test('begins anywhere, also where no event does', async () => {
    const log = await open();
    const all = await withCalls(log, 6);
    for (const { position } of all) {
      for (const off of [-1, 1, 7]) {
        const after = (position + off) as typeof position;
        expect(places(await collect(log.readAll(after)))).toEqual(
          places(all.filter((event) => event.position > after)),
        );
      }
    }
    const subscriber = reader(log, ((all[3]?.position ?? 0) + 3) as (typeof all)[0]['position']);
    await subscriber.has(all.length - 4);
    await subscriber.stop();
  });

  test('hands over what is not ours in our streams as unreadable, in its place', async () => {
    const log = await open();
    const first = await log.append(streamOf('1'), 'none', [created()]);
    const { prefix } = log.under;
    const foreign = (contentType: string, data: string, metadata: string) => ({
      id: crypto.randomUUID(),
      type: 'OrderPlaced',
      contentType,
      data: Buffer.from(data),
      metadata: Buffer.from(metadata),
    });
    node().store.append(`${prefix}${streamOf('1')}`, 'any', [
      foreign('application/json', '{"order":1}', ''),
      foreign('application/octet-stream', '\u0000\u0001', '{"time":1}'),
      foreign('application/json', '{"cut', '{"time":1,"pbx":"a","boot":1,"source":"ami","schema":1}'),
      foreign('application/json', '{}', '{"time":1,"pbx":"a","boot":1,"source":"ami","schema":7}'),
    ]);
    const last = await log.append(streamOf('1'), revision(4), [state(6)]);
    const all = await collect(log.readAll(START));
    expect(all).toMatchObject([
      { type: 'ChannelCreated', position: first.position },
      { type: 'Unreadable', revision: 1, pbx: 'pbx-a', boot: 1, data: { type: 'OrderPlaced', text: '{"order":1}' } },
      { type: 'Unreadable', revision: 2, data: { reason: expect.stringContaining('metadata') } },
      { type: 'Unreadable', revision: 3, data: { text: '{"cut', reason: expect.stringContaining('JSON') } },
      { type: 'Unreadable', revision: 4, schema: 7, data: { reason: expect.stringContaining('schema 7') } },
      { type: 'ChannelStateChanged', position: last.position },
    ]);
    expect(await collect(log.readStream(streamOf('1')))).toEqual(all);
    expect(await collect(log.readOpen())).toEqual(all);
  });
});

describe('close', () => {
  test('does not wait for what has come to be read to its end', async () => {
    const log = await open();
    const events = Array.from({ length: 8 }, (_, index) => state(index));
    await log.append(streamOf('1'), 'none', events);
    node().faults.read = () => ({ is: 'slow', ms: 5 });
    const reading = log.readStream(streamOf('1'))[Symbol.asyncIterator]();
    expect((await reading.next()).value.length).toBeLessThan(events.length);
    // Long enough for the rest to be here, unread.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await log.close();
  });

  test('does not wait for a reader who never comes back', async () => {
    const log = await open();
    await log.append(
      streamOf('1'),
      'none',
      Array.from({ length: 3_000 }, (_, index) => state(index)),
    );
    const readers = [
      log.readStream(streamOf('1')),
      log.subscribe(START, new AbortController().signal),
      log.readAll(START),
    ];
    const iterators = readers.map((batches) => batches[Symbol.asyncIterator]());
    for (const iterator of iterators) await iterator.next();
    await log.close();
    for (const iterator of iterators) {
      await expect(
        (async () => {
          while (!(await iterator.next()).done);
        })(),
      ).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    }
  });
});
