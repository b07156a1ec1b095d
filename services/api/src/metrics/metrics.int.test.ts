import { position, START } from '@rollcall/channel';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { whenAnswered } from '../answered.ts';
import { cacheOf, channelOf, heldAt, pbxNamed, SINCE } from '../testing/served.ts';
import {
  createMetrics,
  ingestMetrics,
  listMetrics,
  metricsRoute,
  publisherMetrics,
  spoolMetrics,
  timeAnswers,
  timedAppends,
} from './index.ts';

const clock = { now: () => SINCE + 60_000, monotonic: () => 0 };

/** The samples of one metric, by their labels. */
const samples = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<Record<string, number>> => {
  const found: Record<string, number> = {};
  for (const line of (await metrics.text()).split('\n')) {
    const [, metric, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (metric === `rollcall_${name}`) found[labels] = Number(value);
  }
  return found;
};

const counters = () => ({
  observations: 20,
  byType: { ChannelCreated: 4, ChannelDestroyed: 3 },
  ...{ unchanged: 5, late: 2, suspect: 1, duplicate: 1, unknown: 0, ended: 6, conflicts: 0 },
  reconciled: { lists: 7, created: 1, changed: 2, removed: 3 },
  hangups: { told: 3, missed: 1, late: 0 },
  audits: { done: 1, failed: 0, last: { at: SINCE, agreed: 9, ours: 0, missing: 0, asterisks: 3 } },
});

describe('what the ingest counts', () => {
  test('is told by PBX, with the ghosts that were prevented by kind', async () => {
    const metrics = createMetrics();
    ingestMetrics(metrics, () => [{ pbx: 'a', state: 'stale', queued: 12, counters: counters() }]);
    expect(await samples(metrics, 'pbx_state')).toMatchObject({
      'pbx="a",state="stale"': 1,
      'pbx="a",state="live"': 0,
    });
    expect(await samples(metrics, 'ghosts_prevented_total')).toEqual({
      'pbx="a",kind="late"': 2,
      'pbx="a",kind="reconciled"': 3,
      'pbx="a",kind="pbx-restarted"': 6,
    });
    expect(await samples(metrics, 'events_total')).toEqual({
      'pbx="a",type="ChannelCreated"': 4,
      'pbx="a",type="ChannelDestroyed"': 3,
    });
    expect(await samples(metrics, 'audit_entries')).toMatchObject({ 'pbx="a",class="asterisks"': 3 });
    expect(await samples(metrics, 'ingest_queue')).toEqual({ 'pbx="a"': 12 });
  });

  test('is read anew each time, and a PBX that is gone is told no longer', async () => {
    const metrics = createMetrics();
    let sessions = [{ pbx: 'a', state: 'live', queued: 0, counters: counters() }];
    ingestMetrics(metrics, () => sessions);
    expect(await samples(metrics, 'reports_total')).toEqual({ 'pbx="a"': 20 });
    expect(await samples(metrics, 'reports_total')).toEqual({ 'pbx="a"': 20 });
    sessions = [];
    expect(await samples(metrics, 'reports_total')).toEqual({});
  });
});

describe('the list', () => {
  const cache = cacheOf(
    [pbxNamed('a'), pbxNamed('b', { connected: false, staleBefore: position(6) })],
    [channelOf('a', '1.1'), channelOf('a', '1.2'), channelOf('b', '2.1')],
    [heldAt('a', '1.2')],
  );

  test('is counted by PBX and presence, and by what is set aside', async () => {
    const metrics = createMetrics();
    listMetrics(metrics, { cache, clock, staleAfter: 900_000 });
    expect(await samples(metrics, 'channels')).toEqual({
      'pbx="a",presence="live"': 2,
      'pbx="a",presence="stale"': 0,
      'pbx="b",presence="live"': 0,
      'pbx="b",presence="stale"': 1,
    });
    expect(await samples(metrics, 'set_aside_streams')).toEqual({ '': 1 });
    expect(await samples(metrics, 'lag_events')).toEqual({});
  });

  test('is behind its log by so many events, and so many seconds', async () => {
    const metrics = createMetrics();
    const waiting = [{ recorded: SINCE + 57_000 }];
    const log = {
      head: async () => position(10),
      readAll: async function* () {
        if (waiting.length > 0) yield waiting as never;
      },
    };
    listMetrics(metrics, { cache, clock, staleAfter: 0, log });
    expect(await samples(metrics, 'lag_events')).toEqual({ '': 3 });
    expect(await samples(metrics, 'lag_seconds')).toEqual({ '': 3 });
    waiting.pop();
    expect(await samples(metrics, 'lag_seconds')).toEqual({ '': 0 });
  });
});

test('spool and topic', async () => {
  const metrics = createMetrics();
  spoolMetrics(metrics, () => ({ events: 3, bytes: 400, oldest: 60_000, refused: 1, discarded: 0 }));
  publisherMetrics(metrics, () => ({
    queued: 1,
    snapshots: 5,
    tombstones: 2,
    position: 7,
    problem: new Error('away'),
  }));
  expect(await samples(metrics, 'spool_age_seconds')).toEqual({ '': 60 });
  expect(await samples(metrics, 'spool_lost_total')).toEqual({ 'why="refused"': 1, 'why="discarded"': 0 });
  expect(await samples(metrics, 'publish_problem')).toEqual({ '': 1 });
});

test('appends are timed, those that fail by themselves, and say what they said', async () => {
  const metrics = createMetrics();
  let time = 0;
  const said = { revision: 0, position: START } as never;
  const log = {
    append: async (stream: string, _expected: unknown, _events: unknown) => {
      time += 20;
      if (stream === 'bad') throw new Error('refused');
      return said;
    },
  };
  const timed = timedAppends(metrics, log, { monotonic: () => time });
  expect(await timed.append('good', 'none', [])).toBe(said);
  await expect(timed.append('bad', 'none', [])).rejects.toThrow('refused');
  expect(await samples(metrics, 'append_seconds_count')).toEqual({ 'result="done"': 1, 'result="failed"': 1 });
  expect(await samples(metrics, 'append_seconds_bucket')).toMatchObject({
    'le="0.01",result="done"': 0,
    'le="0.025",result="done"': 1,
  });
});

describe('over HTTP', () => {
  const servers: FastifyInstance[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  test('every answer is timed by its route, never by its address', async () => {
    const metrics = createMetrics();
    const server = fastify();
    servers.push(server);
    whenAnswered(server, clock, timeAnswers(metrics));
    metricsRoute(server, metrics);
    server.get('/channels/:id', async () => ({}));
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    for (const url of ['/channels/1', '/channels/2', '/nowhere']) await (await fetch(`${address}${url}`)).arrayBuffer();
    const answer = await fetch(`${address}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('process_cpu_seconds_total');
    expect(await samples(metrics, 'http_request_seconds_count')).toEqual({
      'method="GET",route="/channels/:id",status="2xx"': 2,
      'method="GET",route="none",status="4xx"': 1,
      'method="GET",route="/metrics",status="2xx"': 1,
    });
  });
});
