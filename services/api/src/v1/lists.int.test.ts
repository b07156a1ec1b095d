import { connect } from 'node:net';
import { channelStream, position, revision } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { createMemoryCache } from '@rollcall/state-cache';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiOptions } from '../options.ts';
import { cacheOf, channelOf, heldAt, pbxNamed, SINCE, serve } from '../testing/served.ts';
import { channelsModel, countsModel, oneChannelModel, pbxsModel, problemModel, timelineModel } from './models.ts';

const channels = [
  channelOf('a', '1.1', {
    name: 'PJSIP/trunk-a-00000001',
    state: 6,
    context: 'in',
    callerNumber: '100',
    created: SINCE + 3,
  }),
  channelOf('a', '1.2', { name: 'PJSIP/trunk-a-00000002', state: 5, context: 'in', bridge: 'b1', created: SINCE + 1 }),
  channelOf('a', '1.3', {
    name: 'Local/1@x-00000003;1',
    state: 6,
    context: 'out',
    accountCode: 'acme',
    created: SINCE + 2,
  }),
  channelOf('b', '2.1', { name: 'PJSIP/phone-00000001', state: 6, context: 'out', linkedid: '2.0', created: SINCE }),
];
const cache = cacheOf([pbxNamed('a'), pbxNamed('b', { connected: false, staleBefore: position(9) })], channels);

const log: ApiOptions['log'] = {
  head: async () => position(7),
  compactedTo: async () => position(0),
  readStream: async function* (stream) {
    if (stream !== channelStream('a', 1, '1.1')) return;
    const envelope = { stream, pbx: 'a', boot: 1, source: 'ami' as const, schema: 1, time: SINCE, recorded: SINCE };
    yield [
      {
        ...envelope,
        id: 'e0',
        revision: revision(0),
        position: position(2),
        type: 'ChannelCreated',
        data: { name: 'PJSIP/x-1', state: 0, origin: 'created' },
      },
      {
        ...envelope,
        id: 'e1',
        revision: revision(1),
        position: position(3),
        type: 'ChannelStateChanged',
        data: { state: 6 },
      },
    ] as never;
  },
};

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({
    cache,
    scheduler: systemWorld.scheduler,
    readiness: () => ({
      problems: [],
      pbxs: [{ name: 'a', state: 'live', warnings: [], counters: {} }],
      position: 7,
    }),
    log,
  });
});
afterAll(() => api.close());

const idsOf = async (path: string): Promise<string[]> => {
  const { status, body } = await api.ask(path);
  expect(status).toBe(200);
  return channelsModel.parse(body).channels.map(({ uniqueid }) => uniqueid);
};

describe('/v1/channels', () => {
  test.each([
    ['', ['2.1', '1.2', '1.3', '1.1']],
    ['?pbx=a', ['1.2', '1.3', '1.1']],
    ['?pbx=a,b&state=up', ['2.1', '1.3', '1.1']],
    ['?state=5', ['1.2']],
    ['?state=unknown,up&pbx=a', ['1.3', '1.1']],
    ['?context=in&state=Up,Ringing', ['1.2', '1.1']],
    ['?trunk=pjsip/trunk-a', ['1.2', '1.1']],
    ['?name=pjsip/*', ['2.1', '1.2', '1.1']],
    ['?name=LOCAL/1@x-00000003;1', ['1.3']],
    ['?bridge=b1', ['1.2']],
    ['?bridge=', ['2.1', '1.3', '1.1']],
    ['?account=acme', ['1.3']],
    ['?caller=100', ['1.1']],
    ['?linkedid=2.0', ['2.1']],
    ['?stale=no', ['1.2', '1.3', '1.1']],
    ['?stale=only', ['2.1']],
    ['?sort=-created', ['1.1', '1.3', '1.2', '2.1']],
    ['?sort=name', ['1.3', '2.1', '1.1', '1.2']],
    ['?context=nowhere', []],
  ])('%s', async (query, expected) => {
    expect(await idsOf(`/v1/channels${query}`)).toEqual(expected);
  });

  test('some fields of each', async () => {
    const { body } = await api.ask('/v1/channels?caller=100&fields=uniqueid,stateText,callerNumber');
    expect(body).toMatchObject({ channels: [{ uniqueid: '1.1', stateText: 'Up', callerNumber: '100' }] });
    const wrong = await api.ask('/v1/channels?fields=uniqueid,none');
    const { code, message } = problemModel.parse(wrong.body);
    expect([wrong.status, code]).toEqual([400, 'QUERY_WRONG']);
    expect(message).toMatch(/fields: there is no none; there are pbx, .*stateText/);
  });

  test('waits for a position, and no longer than it was told', async () => {
    expect(await idsOf('/v1/channels?wait-for=7&pbx=b')).toEqual(['2.1']);
    const { status, body } = await api.ask('/v1/channels?wait-for=8&timeout=0.02');
    expect([status, problemModel.parse(body).code]).toEqual([504, 'WAIT_TIMED_OUT']);
  });

  test('is not waited for by who has gone', async () => {
    const sleeping: (() => void)[] = [];
    const sleep = () => new Promise<void>((resolve) => sleeping.push(resolve));
    const one = await serve({ cache: createMemoryCache(), scheduler: { ...systemWorld.scheduler, sleep } });
    const asker = connect(one.port, '127.0.0.1');
    asker.write('GET /v1/channels?wait-for=3&timeout=60 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await vi.waitFor(() => expect(sleeping.length).toBe(1));
    asker.destroy();
    const { server } = one.server;
    const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    await vi.waitFor(async () => expect(await open()).toBe(0));
    sleeping.shift()?.();
    await one.close();
    expect(sleeping).toEqual([]);
  });

  test('is answered once it is reached', async () => {
    const growing = createMemoryCache();
    const one = await serve({ cache: growing, scheduler: systemWorld.scheduler });
    const asking = one.ask('/v1/channels?wait-for=3&timeout=30');
    growing.commit({ puts: new Map(), removals: [], pbxs: [], quarantine: new Map(), checkpoint: position(3) });
    expect((await asking).body).toMatchObject({ position: 3 });
    await one.close();
  });

  test.each([
    ['?colour=red', 'QUERY_WRONG', 'colour'],
    ['?limit=0', 'QUERY_WRONG', 'limit'],
    ['?limit=x', 'QUERY_WRONG', 'limit: it is no number.'],
    ['?limit=0x10', 'QUERY_WRONG', 'limit: it is no number.'],
    ['?wait-for=', 'QUERY_WRONG', 'wait-for: it is no number.'],
    ['?timeout=', 'QUERY_WRONG', 'timeout: it is no number.'],
    ['?limit=1.5', 'QUERY_WRONG', 'limit: it is no whole number.'],
    ['?limit=1&limit=2', 'QUERY_WRONG', 'limit: it is given more than once.'],
    ['?state=6&state=4', 'QUERY_WRONG', 'state: it is given more than once.'],
    ['?state=6,', 'QUERY_WRONG', 'state: between commas stands a value, and here is none.'],
    ['?fields=name,', 'QUERY_WRONG', 'fields: there is no ""; there are '],
    ['?sort=colour', 'QUERY_WRONG', 'sort'],
    ['?stale=perhaps', 'QUERY_WRONG', 'stale'],
    ['?state=upp', 'QUERY_WRONG', 'there is no upp; there are Down, '],
    ['?timeout=1e9', 'QUERY_WRONG', 'timeout'],
    ['?cursor=nonsense', 'CURSOR_WRONG', 'cursor'],
  ])('%s is a 400 that names it, as a problem', async (query, code, named) => {
    const { status, body, headers } = await api.ask(`/v1/channels${query}`);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(status).toBe(400);
    expect(problemModel.parse(body)).toMatchObject({ code, status: 400, detail: expect.stringContaining(named) });
  });

  test('says that nothing is new, where nothing is stale', async () => {
    const one = await serve({ cache: cacheOf([pbxNamed('a')], channels.slice(0, 2)) });
    for (const path of ['/v1/channels', '/v1/channels?fields=name', '/v1/channels/a/1.1', '/v1/counts?by=state']) {
      const etag = (await one.ask(path)).headers.get('etag') ?? '';
      expect(etag, path).toMatch(/^W\//);
      for (const asked of [etag, `W/"other", ${etag}`, '*']) {
        expect((await one.ask(path, { headers: { 'if-none-match': asked } })).status, path).toBe(304);
      }
      expect((await one.ask(path, { headers: { 'if-none-match': 'W/"other"' } })).status, path).toBe(200);
      expect((await api.ask(path)).headers.get('etag'), path).toBe(null);
    }
    await one.close();
  });

  test.each([
    ['an event', { puts: new Map([[channelStream('a', 1, '9.9'), channelOf('a', '9.9')]]), checkpoint: position(8) }],
    ['a repair at the same position', { removals: [channelStream('a', 1, '1.1')] }],
    ['a stream that is set aside', { quarantine: new Map([[heldAt('a', '1.1').stream, heldAt('a', '1.1')]]) }],
    ['a PBX that is lost', { pbxs: [pbxNamed('a', { connected: false })] }],
  ])('says that something is new after %s', async (_, changes) => {
    const changing = cacheOf([pbxNamed('a')], channels.slice(0, 2));
    const one = await serve({ cache: changing });
    const etag = (await one.ask('/v1/channels')).headers.get('etag') ?? '';
    const nothing = { puts: new Map(), removals: [], pbxs: [], quarantine: new Map(), checkpoint: position(7) };
    changing.commit({ ...nothing, ...changes });
    expect((await one.ask('/v1/channels', { headers: { 'if-none-match': etag } })).status).toBe(200);
    await one.close();
  });
});

describe('pages', () => {
  test.each(['created', '-created', 'name', '-state', 'pbx', 'position'])(
    'by %s hold every channel once',
    async (sort) => {
      const whole = await idsOf(`/v1/channels?sort=${sort}`);
      const paged: string[] = [];
      let next: string | undefined;
      do {
        const { body } = await api.ask(`/v1/channels?sort=${sort}&limit=1${next ? `&cursor=${next}` : ''}`);
        const answer = channelsModel.parse(body);
        expect(answer.total).toBe(4);
        paged.push(...answer.channels.map(({ uniqueid }) => uniqueid));
        ({ next } = answer);
      } while (next);
      expect(paged).toEqual(whole);
    },
  );

  test('go on where they were, though channels come and go between them', async () => {
    const changing = cacheOf([pbxNamed('a')], channels.slice(0, 3));
    const one = await serve({ cache: changing });
    const first = channelsModel.parse((await one.ask('/v1/channels?limit=2')).body);
    expect(first.channels.map(({ uniqueid }) => uniqueid)).toEqual(['1.2', '1.3']);
    changing.commit({
      puts: new Map([[channelStream('a', 1, '0.9'), channelOf('a', '0.9', { created: SINCE - 5 })]]),
      removals: [channelStream('a', 1, '1.2')],
      pbxs: [],
      quarantine: new Map(),
      checkpoint: position(8),
    });
    const second = channelsModel.parse((await one.ask(`/v1/channels?limit=2&cursor=${first.next}`)).body);
    expect(second.channels.map(({ uniqueid }) => uniqueid)).toEqual(['1.1']);
    expect(second.next).toBe(undefined);
    await one.close();
  });
});

test('a hundred thousand channels come in pieces, compressed where that is taken', async () => {
  const many = Array.from({ length: 100_000 }, (_, index) => channelOf('a', `1.${index}`));
  const one = await serve({ cache: cacheOf([pbxNamed('a')], many) });
  const response = await fetch(`${one.url}/v1/channels`, { headers: { 'accept-encoding': 'gzip' } });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  const body = (await response.json()) as { channels: unknown[] };
  expect(body.channels.length).toBe(100_000);
  await one.close();
});

describe('one channel', () => {
  test('as it is', async () => {
    const { body } = await api.ask('/v1/channels/a/1.3');
    expect(oneChannelModel.parse(body).channel).toMatchObject({ uniqueid: '1.3', accountCode: 'acme' });
  });
  test.each([
    '/v1/channels/a/9.9',
    '/v1/channels/nobody/1.1',
    '/v1/channels/a/9.9/timeline',
    '/v1/channels/c/1.1/timeline',
  ])('%s is not there', async (path) => {
    const { status, body } = await api.ask(path);
    expect([status, problemModel.parse(body).code]).toEqual([404, 'CHANNEL_UNKNOWN']);
  });
  test('event by event, with what each changed', async () => {
    const { body } = await api.ask('/v1/channels/a/1.1/timeline');
    const { events, over } = timelineModel.parse(body);
    expect(over).toBe(false);
    expect(events.map(({ type }) => type)).toEqual(['ChannelCreated', 'ChannelStateChanged']);
    expect(events[1]?.changed).toEqual({ state: [0, 6] });
  });
  test('that a restart of its PBX has ended', async () => {
    const one = await serve({ cache: cacheOf([pbxNamed('a', { boot: 3 })], []), log });
    const { stream } = timelineModel.parse((await one.ask('/v1/channels/a/1.1/timeline')).body);
    expect(stream).toBe(channelStream('a', 1, '1.1'));
    expect((await one.ask('/v1/channels/a/1.1/timeline?boot=3')).status).toBe(404);
    await one.close();
  });
  test('whose log is not read here', async () => {
    const one = await serve({ cache });
    const { status, body } = await one.ask('/v1/channels/a/1.1/timeline');
    expect([status, problemModel.parse(body).code]).toEqual([501, 'LOG_NOT_HERE']);
    await one.close();
  });
});

describe('PBXs and counts', () => {
  test('how each stands, with its channels', async () => {
    const { pbxs } = pbxsModel.parse((await api.ask('/v1/pbxs')).body);
    expect(pbxs).toMatchObject([
      { name: 'a', state: 'live', channels: { live: 3, stale: 0 } },
      { name: 'b', connected: false, channels: { live: 0, stale: 1 } },
    ]);
    expect((await api.ask('/v1/pbxs/b')).body).toMatchObject({ name: 'b' });
    expect(problemModel.parse((await api.ask('/v1/pbxs/c')).body).code).toBe('PBX_UNKNOWN');
  });
  test('one that was never reached too, and why', async () => {
    const reason = 'PBX_LOGIN_REFUSED: it refused the login.';
    const pbxs = [{ name: 'new', state: 'failed', reason, warnings: [], counters: {} }];
    const one = await serve({ cache, readiness: () => ({ problems: [], pbxs, position: 7 }) });
    const told = { name: 'new', boot: 0, connected: false, channels: { live: 0, stale: 0 }, state: 'failed', reason };
    const answer = pbxsModel.parse((await one.ask('/v1/pbxs')).body);
    expect(answer.pbxs.map(({ name }) => name)).toEqual(['a', 'b', 'new']);
    expect(answer.pbxs[2]).toMatchObject(told);
    expect((await one.ask('/v1/pbxs/new')).body).toMatchObject(told);
    await one.close();
  });
  test.each([
    [
      'state',
      [
        ['Up', 3],
        ['Ringing', 1],
      ],
    ],
    [
      'context',
      [
        ['in', 2],
        ['out', 2],
      ],
    ],
    [
      'trunk',
      [
        ['PJSIP/trunk-a', 2],
        ['Local/1@x', 1],
        ['PJSIP/phone', 1],
      ],
    ],
    [
      'pbx',
      [
        ['a', 3],
        ['b', 1],
      ],
    ],
  ])('by %s', async (by, expected) => {
    const { counts, total } = countsModel.parse((await api.ask(`/v1/counts?by=${by}`)).body);
    expect(total).toBe(4);
    expect(counts.map(({ value, count }) => [value, count])).toEqual(expected);
  });
  test('of a selection', async () => {
    expect((await api.ask('/v1/counts?by=state&pbx=a&context=in')).body).toMatchObject({ total: 2 });
  });
});

describe('the documents', () => {
  test('OpenAPI 3.1 with every route, parameter and answer', async () => {
    const { body } = await api.ask('/v1/openapi.json');
    const document = body as { openapi: string; paths: Record<string, { get?: { parameters: { name: string }[] } }> };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/v1/channels/{pbx}/{uniqueid}/timeline');
    const names = document.paths['/v1/channels']?.get?.parameters.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['pbx', 'sort', 'limit', 'cursor', 'fields', 'at', 'wait-for', 'timeout']),
    );
  });
  test('a page for people that loads nothing from elsewhere', async () => {
    const response = await fetch(`${api.url}/v1/docs/`);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain('swagger');
    expect(page).not.toMatch(/(src|href)="https?:/);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';(?!.*https?:)/,
    );
  });
  test.each(['/v1/channels', '/v1/pbxs', '/v1/counts', '/v1/events'])('POST %s is refused', async (path) => {
    expect((await api.ask(path, { method: 'POST' })).status).toBe(405);
  });
});
