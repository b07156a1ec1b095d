import { revision, START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterEach, describe, expect, test } from 'vitest';
import { created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { asAppended, collect } from '../../../../test/contract/event-log.reader.ts';
import { type Cluster, startCluster } from '../../../../test/eventstore/double/cluster.ts';
import { times } from '../../../../test/eventstore/double/faults.ts';
import { startNode } from '../../../../test/eventstore/double/node.ts';
import { openEventStoreLog } from './eventstore-log.ts';
import { logsOnDouble } from './testing/logs-on-double.ts';

const { node, open, openImpatient, cleanup } = logsOnDouble();
afterEach(cleanup);

const isUnavailable = { code: 'LOG_UNAVAILABLE' };

describe('an append whose outcome is not known', () => {
  test('fails within its deadline when the answer is lost, and may be tried again as it was', async () => {
    const log = await openImpatient();
    const [events, more] = [
      [created(), state(4)],
      [state(6), destroyed()],
    ];
    node().faults.append = times(1, { is: 'answer-lost' });
    await expect(log.append(streamOf('1'), 'none', events)).rejects.toMatchObject(isUnavailable);
    const again = await log.append(streamOf('1'), 'none', events);
    expect(again).toMatchObject({ revision: 1 });
    await log.append(streamOf('1'), again.revision, more);
    expect(await log.append(streamOf('1'), 'none', events)).toEqual(again);
    expect((await collect(log.readAll(START))).map(asAppended)).toEqual([...events, ...more]);
  });

  test.each([
    [{ is: 'cut-after-write' }],
    [{ is: 'timeout', written: true }],
    [{ is: 'timeout', written: false }],
    [{ is: 'not-ready' }],
    [{ is: 'busy' }],
    [{ is: 'slow', ms: 30 }],
    [{ is: 'not-leader' }],
  ] as const)('is written once, without its caller being troubled, after %o', async (fault) => {
    const log = await open();
    const first = await log.append(streamOf('1'), 'none', [created()]);
    const events = [state(4), state(6)];
    node().faults.append = times(2, fault);
    expect(await log.append(streamOf('1'), first.revision, events)).toMatchObject({ revision: 2 });
    expect((await collect(log.readStream(streamOf('1'), revision(1)))).map(asAppended)).toEqual(events);
  });

  test('fails alone: others on the same connection go on', async () => {
    const log = await openImpatient();
    node().faults.append = (stream) => (stream.endsWith('/7') ? { is: 'silent' } : undefined);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => log.append(streamOf(`${index}`), 'none', [created()])),
    );
    expect(outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([7]);
    expect(outcomes[7]).toMatchObject({ reason: isUnavailable });
    expect(await collect(log.readStream(streamOf('7')))).toEqual([]);
  });
});

describe('an append that asking again cannot mend', () => {
  test('to a stream that was tombstoned is LOG_STREAM_DELETED; nothing of it is read', async () => {
    const log = await open();
    await log.append(streamOf('1'), 'none', [created()]);
    await log.append(streamOf('2'), 'none', [created()]);
    const [event] = await collect(log.readStream(streamOf('1')));
    const { stream: name } = [...node().store.backwards(node().store.end())].find(({ id }) => id === event?.id) ?? {};
    node().store.tombstone(name ?? '');
    await expect(log.append(streamOf('1'), revision(0), [state(6)])).rejects.toMatchObject({
      code: 'LOG_STREAM_DELETED',
    });
    await expect(log.append(streamOf('1'), 'none', [created()])).rejects.toMatchObject({ code: 'LOG_STREAM_DELETED' });
    expect(await collect(log.readStream(streamOf('1')))).toEqual([]);
    expect(await log.heads([streamOf('1'), streamOf('2')])).toEqual(
      new Map([[streamOf('2'), { revision: 0, closed: false }]]),
    );
    expect(await collect(log.readAll(START))).toHaveLength(2);
  });

  test('is LOG_APPEND_TOO_LARGE beyond what the server takes, and nothing of it is written', async () => {
    const log = await open();
    const long = Array.from({ length: 12 }, () => created('x'.repeat(100_000)));
    await expect(log.append(streamOf('1'), 'none', long)).rejects.toMatchObject({ code: 'LOG_APPEND_TOO_LARGE' });
    expect(await collect(log.readAll(START))).toEqual([]);
  });

  test.each([
    ['EVENT_INVALID', { time: Number.NaN }],
    ['EVENT_INVALID', { id: 'not-a-uuid' }],
    ['LOG_SCHEMA_UNKNOWN', { schema: 99 }],
  ])('is %s for an event that could not be read back: %o', async (code, wrong) => {
    const log = await open();
    await expect(log.append(streamOf('1'), 'none', [{ ...created(), ...wrong }])).rejects.toMatchObject({ code });
    await expect(log.append('somewhere', 'none', [created()])).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    expect(await collect(log.readAll(START))).toEqual([]);
  });

  test('is LOG_READ_ONLY on a log that was opened for reading', async () => {
    const writing = await open();
    await writing.append(streamOf('1'), 'none', [created()]);
    const reading = await open({ ...writing.under, mode: 'read' });
    await expect(reading.append(streamOf('1'), revision(0), [state(6)])).rejects.toMatchObject({
      code: 'LOG_READ_ONLY',
    });
    expect(await collect(reading.readAll(START))).toHaveLength(1);
    await expect(open({ mode: 'read' })).rejects.toMatchObject({ code: 'LOG_MISSING' });
  });
});

describe('a server that goes away', () => {
  test('fails appends within their deadline, and takes them when it is back', async () => {
    const away = await startNode();
    const connection = `esdb://127.0.0.1:${away.port}?tls=false&defaultDeadline=400`;
    const log = await openEventStoreLog({ connection, prefix: 'away-', world: systemWorld });
    const events = [created()];
    await away.stop();
    await expect(log.append(streamOf('1'), 'none', events)).rejects.toMatchObject(isUnavailable);
    await expect(log.head()).rejects.toMatchObject(isUnavailable);
    await expect(collect(log.readAll(START))).rejects.toMatchObject(isUnavailable);
    await expect(openEventStoreLog({ connection, world: systemWorld })).rejects.toMatchObject(isUnavailable);
    await away.start();
    expect(await log.append(streamOf('1'), 'none', events)).toMatchObject({ revision: 0 });
    await log.close();
    await away.stop();
  });
});

describe('a cluster', () => {
  const openOn = (cluster: Cluster, options = '') => {
    const seeds = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return openEventStoreLog({ connection: `esdb://${seeds}?tls=false${options}`, prefix: 'c-', world: systemWorld });
  };

  test('is written to by its leader, whoever that is by now', async () => {
    const cluster = await startCluster(3);
    const log = await openOn(cluster);
    const served = cluster.nodes.map(() => 0);
    for (const [index, { faults }] of cluster.nodes.entries()) {
      faults.append = () => {
        served[index] = (served[index] ?? 0) + 1;
        return undefined;
      };
    }
    for (const [leader, stream] of [0, 2, 1, 0].map((leader, index) => [leader, `${index}`] as const)) {
      cluster.lead(leader);
      await log.append(streamOf(stream), 'none', [created()]);
    }
    // Asked for the leader, a node that is not takes nothing.
    expect(served).toEqual([2, 1, 1]);
    expect(await collect(log.readAll(START))).toHaveLength(4);
    await log.close();
    await cluster.stop();
  });

  test('goes on after its leader died, and after all of it was away', { timeout: 120_000 }, async () => {
    const cluster = await startCluster(3);
    const log = await openOn(cluster, '&maxDiscoverAttempts=2&gossipTimeout=1');
    const [first] = cluster.nodes;
    await log.append(streamOf('1'), 'none', [created()]);
    await first?.stop();
    cluster.lead(1);
    await log.append(streamOf('1'), revision(0), [state(6)]);
    for (const each of cluster.nodes) await each.stop();
    await expect(log.append(streamOf('1'), revision(1), [state(5)])).rejects.toMatchObject(isUnavailable);
    for (const each of cluster.nodes) await each.start();
    await log.append(streamOf('1'), revision(1), [state(4)]);
    expect(await collect(log.readStream(streamOf('1')))).toHaveLength(3);
    await log.close();
    await cluster.stop();
  });

  test('without a leader is LOG_NOT_LEADER, within the deadline', async () => {
    const cluster = await startCluster(2);
    const log = await openOn(cluster, '&defaultDeadline=500');
    cluster.lead(undefined);
    await expect(log.append(streamOf('1'), 'none', [created()])).rejects.toMatchObject({ code: 'LOG_NOT_LEADER' });
    cluster.lead(0);
    await log.append(streamOf('1'), 'none', [created()]);
    await log.close();
    await cluster.stop();
  });
});
