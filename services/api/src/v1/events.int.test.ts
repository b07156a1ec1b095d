import { connect } from 'node:net';
import { position, type RecordedEvent } from '@rollcall/channel';
import { type Scheduler, systemWorld } from '@rollcall/clock';
import type { Told } from '@rollcall/projector';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import type { Follow } from '../hub.ts';
import { cacheOf, channelOf, pbxNamed, serve } from '../testing/served.ts';
import { eventModel, problemModel } from './models.ts';

/** A log of events that grows; whoever follows it from anywhere gets all of it, each event alone or a few together. */
const growing = () => {
  const all: Told[] = [];
  const wakers = new Set<() => void>();
  const follow: Follow = async function* (from, signal) {
    let at = from === undefined ? all.length : all.findIndex(({ event }) => event.position > from);
    if (at < 0) at = all.length;
    const wake = { now: () => {} };
    const awaken = (): void => wake.now();
    wakers.add(awaken);
    signal.addEventListener('abort', awaken);
    try {
      while (!signal.aborted) {
        const batch = all.slice(at, at + 3);
        at += batch.length;
        if (batch.length > 0) yield batch;
        else
          await new Promise<void>((resolve) => {
            wake.now = resolve;
          });
      }
    } finally {
      wakers.delete(awaken);
    }
  };
  return {
    follow,
    head: () => position(all.length),
    happen: (count: number): void => {
      for (let n = 0; n < count; n++) all.push(told(all.length + 1));
      for (const wake of wakers) wake();
    },
  };
};

const told = (at: number): Told => {
  const uniqueid = `1.${at % 3}`;
  const pbx = at % 2 ? 'a' : 'b';
  const event = {
    ...{
      stream: `channel/${pbx}/1/${uniqueid}`,
      revision: at,
      position: at,
      id: `e${at}`,
      type: at % 5 ? 'DialplanMoved' : 'ChannelDestroyed',
    },
    ...{ time: 0, recorded: 0, pbx, boot: 1, source: 'ami', schema: 1, data: { priority: at } },
  } as unknown as RecordedEvent;
  return {
    event,
    before: channelOf(pbx, uniqueid),
    after: at % 5 ? channelOf(pbx, uniqueid) : undefined,
    pbx: undefined,
  };
};

type Api = Awaited<ReturnType<typeof serve>>;
const begun: Api[] = [];
afterEach(async () => {
  for (const one of begun.splice(0)) await one.close();
});

const start = async (
  log = growing(),
  compactedTo = 0,
  scheduler: Scheduler = systemWorld.scheduler,
): Promise<{ api: Api; log: ReturnType<typeof growing> }> => {
  const cache = { ...cacheOf([pbxNamed('a'), pbxNamed('b')], []) };
  const api = await serve({
    cache: Object.defineProperty(cache, 'checkpoint', { get: log.head }),
    scheduler,
    follow: log.follow,
    log: {
      head: async () => log.head(),
      compactedTo: async () => position(compactedTo),
      readStream: async function* () {},
    },
  });
  begun.push(api);
  return { api, log };
};

/** A reader of server-sent events: the ids it has seen. */
const read = async (api: Api, path: string, headers: Record<string, string> = {}) => {
  const leaving = new AbortController();
  const response = await fetch(`${api.url}${path}`, { headers, signal: leaving.signal });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const seen: { id: number; type: string; data: unknown }[] = [];
  const waiting = new Set<() => void>();
  let place: number | undefined;
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const message = text.slice(0, end);
        text = text.slice(end + 2);
        const [, id, type = '', data = ''] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(message) ?? [];
        if (id !== undefined) seen.push({ id: Number(id), type, data: JSON.parse(data) });
        const at = /^id: (\d+)$/m.exec(message)?.[1];
        if (at !== undefined) place = Number(at);
      }
      for (const wake of waiting) wake();
    }
  })().catch(() => {});
  return {
    seen,
    ids: () => seen.map(({ id }) => id),
    /** What an EventSource would resume from. */
    place: () => place,
    until: async (met: () => boolean): Promise<void> => {
      while (!met()) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    leave: async () => {
      leaving.abort();
      await reading;
    },
  };
};

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe('server-sent events', () => {
  test('tell what happens from now on: the event, and the channel after it', async () => {
    const { api, log } = await start();
    log.happen(4);
    const reader = await read(api, '/v1/events');
    log.happen(2);
    await reader.until(() => reader.seen.length === 2);
    expect(reader.ids()).toEqual([5, 6]);
    expect(eventModel.parse(reader.seen[0]?.data)).toMatchObject({
      position: 5,
      type: 'ChannelDestroyed',
      channel: null,
    });
    expect(eventModel.parse(reader.seen[1]?.data)).toMatchObject({ channel: { uniqueid: '1.0' } });
    await reader.leave();
  });

  test('go on behind the last one that a reader had', async () => {
    const { api, log } = await start();
    log.happen(10);
    const reader = await read(api, '/v1/events', { 'last-event-id': '3' });
    await reader.until(() => reader.seen.length === 7);
    log.happen(5);
    await reader.until(() => reader.seen.length === 12);
    expect(reader.ids()).toEqual(upTo(15, 4));
    await reader.leave();
  });

  test('miss nothing and tell nothing twice, however often a reader loses its connection', async () => {
    const steps = fc.array(fc.record({ happen: fc.integer({ min: 0, max: 9 }), lose: fc.boolean() }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { api, log } = await start();
        const ids: number[] = [];
        let reader = await read(api, '/v1/events?after=0');
        for (const { happen, lose } of plan) {
          log.happen(happen);
          // A part of it may be on its way when the connection is lost.
          if (!lose) continue;
          await reader.leave();
          ids.push(...reader.ids());
          reader = await read(api, '/v1/events', { 'last-event-id': String(ids.at(-1) ?? 0) });
        }
        await reader.until(() => (reader.ids().at(-1) ?? ids.at(-1) ?? 0) === log.head());
        await reader.leave();
        expect([...ids, ...reader.ids()]).toEqual(upTo(log.head()));
        await api.close();
      }),
      { numRuns: 30 },
    );
  });

  test('are missed by no reader that loses its connection before the first of them', async () => {
    const { api, log } = await start();
    log.happen(4);
    const reader = await read(api, '/v1/events');
    await reader.until(() => reader.place() !== undefined);
    await reader.leave();
    log.happen(3);
    const back = await read(api, '/v1/events', { 'last-event-id': String(reader.place()) });
    await back.until(() => back.seen.length === 3);
    expect([reader.ids(), back.ids()]).toEqual([[], [5, 6, 7]]);
    await back.leave();
  });

  test('need not be wanted for a reader to know where it is: each sign of life says it', async () => {
    const beats: (() => void)[] = [];
    const after: Scheduler['after'] = (ms, call) => {
      if (ms === 15_000) beats.push(call);
      return () => {};
    };
    const { api, log } = await start(growing(), 0, { ...systemWorld.scheduler, after });
    log.happen(4);
    const [reader, all] = [await read(api, '/v1/events?type=ChannelDestroyed'), await read(api, '/v1/events')];
    log.happen(4);
    await all.until(() => all.seen.length === 4);
    await reader.until(() => reader.seen.length === 1);
    for (const beat of beats.splice(0)) beat();
    await reader.until(() => reader.place() === 8);
    expect([reader.ids(), all.place()]).toEqual([[5], 8]);
    await reader.leave();
    await all.leave();
  });

  test('of one PBX, one type, one channel', async () => {
    const { api, log } = await start();
    log.happen(30);
    const wanted = async (query: string): Promise<number[]> => {
      const reader = await read(api, `/v1/events?after=0&${query}`);
      await reader.until(() => reader.seen.length > 2);
      await reader.leave();
      return reader.ids().slice(0, 3);
    };
    expect(await wanted('pbx=b')).toEqual([2, 4, 6]);
    expect(await wanted('type=ChannelDestroyed')).toEqual([5, 10, 15]);
    expect(await wanted('channel=1.0,1.1&pbx=a')).toEqual([1, 3, 7]);
  });

  test.each([
    ['/v1/events?after=11', 400, 'FEED_BEYOND_LOG'],
    ['/v1/events?type=ChannelGone', 400, 'QUERY_WRONG'],
    ['/v1/events?after=4', 410, 'FEED_COMPACTED'],
    ['/v1/events?after=-1', 400, 'FEED_POSITION_WRONG'],
    ['/v1/events?after=soon', 400, 'FEED_POSITION_WRONG'],
    ['/v1/events?colour=red', 400, 'QUERY_WRONG'],
    ['/v1/events/ws', 426, 'UPGRADE_REQUIRED'],
  ])('%s is refused with %i and %s', async (path, expected, code) => {
    const log = growing();
    log.happen(10);
    const { api } = await start(log, 5);
    const { status, body } = await api.ask(path);
    expect([status, problemModel.parse(body).code]).toEqual([expected, code]);
  });

  test('go on from what was told last when all readers come back together: the log is not read for them', async () => {
    const log = growing();
    const follow = vi.fn(log.follow);
    const { api } = await start({ ...log, follow });
    const first = await read(api, '/v1/events');
    log.happen(10);
    await first.until(() => first.seen.length === 10);
    await first.leave();
    log.happen(4);
    const back = await Promise.all([3, 9, 10, 10].map((id) => read(api, '/v1/events', { 'last-event-id': `${id}` })));
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/events/ws?after=8`);
    const heard: number[] = [];
    socket.on('message', (data) => heard.push(eventModel.parse(JSON.parse(String(data))).position));
    await vi.waitFor(() => expect(heard.at(-1)).toBe(14));
    log.happen(1);
    for (const reader of back) await reader.until(() => reader.ids().at(-1) === 15);
    expect(back.map((reader) => reader.ids())).toEqual([upTo(15, 4), upTo(15, 10), upTo(15, 11), upTo(15, 11)]);
    await vi.waitFor(() => expect(heard).toEqual(upTo(15, 9)));
    expect(follow.mock.calls.map(([from]) => from)).toEqual([undefined]);
    socket.terminate();
    for (const reader of back) await reader.leave();
  });

  test('are cut off for who is ten thousand events behind and does not read', async () => {
    const { api, log } = await start();
    const slow = connect(api.port, '127.0.0.1').pause();
    slow.write('GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    const count = (): Promise<number> =>
      new Promise((resolve) => api.server.server.getConnections((_, connections) => resolve(connections)));
    await vi.waitFor(async () => expect(await count()).toBe(1));
    const reader = await read(api, '/v1/events');
    for (let last = 1_000; last <= 30_000; last += 1_000) {
      log.happen(1_000);
      await reader.until(() => reader.seen.length === last);
    }
    await vi.waitFor(async () => expect(await count()).toBe(1));
    expect(reader.ids()).toEqual(upTo(30_000));
    slow.destroy();
    await reader.leave();
  }, 20_000);

  test('end when the server does', async () => {
    const { api } = await start();
    const reader = await read(api, '/v1/events');
    await api.close();
    await reader.leave();
    expect(reader.seen).toEqual([]);
  });
});

describe('by websocket', () => {
  test('one message an event, from where the reader was', async () => {
    const { api, log } = await start();
    log.happen(6);
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/events/ws?after=4`);
    const ids: number[] = [];
    const enough = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        ids.push(eventModel.parse(JSON.parse(String(data))).position);
        if (ids.length === 2) log.happen(2);
        if (ids.length === 4) resolve();
      });
    });
    await enough;
    expect(ids).toEqual([5, 6, 7, 8]);
    socket.terminate();
  });
  test('that asks for what is not there gets no socket', async () => {
    const { api } = await start();
    const socket = new WebSocket(`${api.url.replace('http', 'ws')}/v1/events/ws?after=99`);
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(error.message).toContain('400');
  });
});
