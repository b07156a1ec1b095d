import { once } from 'node:events';
import type { Observation } from '@rollcall/channel';
import { describe, expect, test, vi } from 'vitest';
import type { AriConnection } from './connect.ts';
import { connect, created, handScheduler, ids, scripted, source } from './testing/connecting.ts';
import { ALL, type Answer, APP, healthy, SECRET, USER } from './testing/scripted-ari.ts';

describe('a connection', () => {
  test('says which Asterisk and which boot; the secret goes in a header, never in a URL', async () => {
    await using ari = await scripted();
    const { connection } = await connect(ari.url);
    expect(connection).toMatchObject({ version: '22.10.1', startup: 'ari:2026-11-22T17:36:09.920+0000', warnings: [] });
    expect(ari.requests.map(({ url }) => url)).toEqual([
      `/ari/applications/${APP}`,
      `/ari/events?app=${APP}&subscribeAll=true`,
      `/ari/applications/${APP}`,
      '/ari/asterisk/info?only=status,system',
    ]);
    const expected = `Basic ${Buffer.from(`${USER}:${SECRET}`).toString('base64')}`;
    expect(new Set(ari.requests.map(({ authorization }) => authorization))).toEqual(new Set([expected]));
    connection.close();
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
  });

  test('loses no event that comes before connect has resolved', async () => {
    let sent = false;
    const answers = healthy();
    const observed: Observation[] = [];
    answers['/asterisk/info?only=status,system'] = async () => {
      await ari.send(created('early'));
      sent = true;
      await vi.waitUntil(() => observed.length > 0);
      return { body: { system: { version: '1' }, status: { startup_time: 't' } } };
    };
    await using ari = await scripted({ answers });
    const signal = new AbortController().signal;
    const connection = await source(ari.url).connect({ observe: (batch) => observed.push(...batch), signal });
    expect([sent, ids(observed)]).toEqual([true, ['early']]);
    connection.close();
  });

  test('skips and counts what cannot be read, and the rest goes on', async () => {
    await using ari = await scripted();
    const { observed, connection } = await connect(ari.url);
    const socket = await ari.socket();
    socket.send('{"type":');
    socket.send('{"type":"ChannelDestroyed"}');
    socket.send(Buffer.from(JSON.stringify(created('latin1')).replace('Local/', 'Z\xeb/'), 'latin1'), {
      binary: false,
    });
    socket.send(JSON.stringify({ type: 'DeviceStateChanged' }));
    await ari.send(created('after'));
    await vi.waitUntil(() => ids(observed).includes('after'));
    expect(ids(observed)).toEqual(['latin1', 'after']);
    expect((connection as AriConnection).counters).toMatchObject({ events: 3, malformed: 2 });
    connection.close();
  });

  test('warns when somebody has put a filter on the application', async () => {
    const filtered = { ...ALL, events_disallowed: [{ type: 'ChannelDestroyed' }] };
    await using ari = await scripted({ answers: { ...healthy(), [`/applications/${APP}`]: { body: filtered } } });
    const { connection } = await connect(ari.url);
    expect(connection.warnings).toEqual([expect.stringContaining('event filter')]);
    connection.close();
  });

  test('its list comes among the observations; an entry that cannot be read leaves it incomplete', async () => {
    const answers = healthy();
    const channels: unknown[] = [{ id: '1', name: 'Local/1', state: 'Up' }, { id: '2' }];
    answers['/channels'] = () => ({ body: channels });
    await using ari = await scripted({ answers });
    const { observed, connection } = await connect(ari.url);
    await connection.list();
    channels.push({ name: 'no id' });
    await connection.list();
    const listed = [
      { uniqueid: '1', facts: { name: 'Local/1', state: 6 } },
      { uniqueid: '2', facts: {} },
    ];
    expect(observed).toEqual([
      { kind: 'list', source: 'ari', list: { authority: 'cache', complete: true, channels: listed } },
      { kind: 'list', source: 'ari', list: { authority: 'cache', complete: false, channels: listed } },
    ]);
    connection.close();
  });

  test("a second look gives the channel, or nothing when Asterisk says so; another 404 is not Asterisk's word", async () => {
    const answers = healthy();
    answers['/channels/a%2Fb%20%3F'] = { body: { id: 'a/b ?', name: 'Local/x' } };
    answers['/channels/gone'] = { status: 404, body: { message: 'Channel not found' } };
    answers['/channels/proxy'] = { status: 404, body: '<h1>Not Found</h1>' };
    await using ari = await scripted({ answers });
    const { connection } = await connect(ari.url);
    expect(await connection.look('a/b ?')).toEqual({ uniqueid: 'a/b ?', facts: { name: 'Local/x' } });
    expect(await connection.look('gone')).toBeUndefined();
    await expect(connection.look('proxy')).rejects.toMatchObject({ code: 'PBX_NOT_ASTERISK' });
    await expect(connection.look('other')).rejects.toMatchObject({ code: 'PBX_NOT_ASTERISK' });
    connection.close();
  });
});

describe('a connection ends', () => {
  test('when another program takes the application, with the name that it took, and nothing is heard after it', async () => {
    await using ari = await scripted();
    const { observed, connection } = await connect(ari.url);
    await ari.send({ type: 'ApplicationReplaced', application: APP });
    await ari.send(created('late'));
    const reason = await connection.closed;
    expect(reason).toMatchObject({ code: 'ARI_APP_NOT_SUBSCRIBED', message: expect.stringContaining(APP) });
    await vi.waitUntil(async () => (await ari.socket()).readyState === 3);
    expect(observed).toEqual([]);
  });

  test.each<[string, (ari: Awaited<ReturnType<typeof scripted>>) => Promise<void>, RegExp]>([
    ['without a word', async (ari) => (await ari.socket()).terminate(), /broke off/],
    ['with a code', async (ari) => (await ari.socket()).close(1001, 'restart'), /1001, restart/],
    [
      'after a message beyond the limit',
      async (ari) => (await ari.socket()).send('x'.repeat(1024 * 1024 + 1)),
      /payload/,
    ],
  ])('%s: the reason says how, and a request under way fails with it', async (_how, act, why) => {
    const asked = Promise.withResolvers<void>();
    const answers = healthy();
    answers['/channels/1'] = () => {
      asked.resolve();
      return new Promise<Answer>(() => {});
    };
    await using ari = await scripted({ answers });
    const { connection } = await connect(ari.url);
    const look = connection.look('1').catch((error) => error);
    await asked.promise;
    await act(ari);
    const reason = await connection.closed;
    expect(reason).toMatchObject({ code: 'PBX_CONNECTION_LOST', message: expect.stringMatching(why) });
    expect(await look).toBe(reason);
    await expect(connection.list()).rejects.toBe(reason);
  });

  test('when a ping goes unanswered, and not before', async () => {
    const { world, run } = handScheduler();
    await using ari = await scripted({ noPong: true });
    const { observed, connection } = await connect(ari.url, { world, deadlines: { pingEvery: 15, ping: 11 } });
    const socket = await ari.socket();
    for (const alive of ['1', '2', '3']) {
      const pinged = once(socket, 'ping');
      expect(run(15)).toBe(1);
      await pinged;
      await ari.send(created(alive));
      await vi.waitUntil(() => ids(observed).includes(alive));
      expect(run(11)).toBe(1);
    }
    run(15);
    run(11);
    expect(await connection.closed).toMatchObject({ message: expect.stringContaining('did not answer a ping') });
  });

  test('when its signal aborts, before or after it was made', async () => {
    await using ari = await scripted();
    const late = new AbortController();
    const { connection } = await connect(ari.url, {}, late.signal);
    late.abort();
    expect((await connection.closed).code).toBe('PBX_CONNECTION_LOST');
    await expect(connect(ari.url, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'PBX_CONNECTION_LOST' });

    const early = new AbortController();
    const asked = Promise.withResolvers<void>();
    const answers = healthy();
    answers['/asterisk/info?only=status,system'] = () => {
      asked.resolve();
      return new Promise<Answer>(() => {});
    };
    await using hanging = await scripted({ answers });
    const connecting = connect(hanging.url, {}, early.signal).catch((error) => error);
    await asked.promise;
    early.abort();
    expect(await connecting).toMatchObject({ code: 'PBX_CONNECTION_LOST' });
    await vi.waitUntil(async () => (await hanging.socket()).readyState === 3);
  });
});
