import { evolve, position, type RecordedEvent, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Told } from '@rollcall/projector';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { cacheOf, channelOf, pbxNamed, serve } from '../testing/served.ts';

type Message = { type: string; application: string; asterisk_id: string; channel?: { id: string; pbx?: string } };
type Client = { socket: WebSocket; messages: Message[] };

/** What happens, as a test makes it happen. */
const happenings = () => {
  const readers = new Set<(told: Told[]) => void>();
  return {
    follow: async function* (_from: unknown, signal: AbortSignal): AsyncGenerator<Told[]> {
      const batches: Told[][] = [];
      let wake = (): void => {};
      const hear = (told: Told[]): void => {
        batches.push(told);
        wake();
      };
      readers.add(hear);
      signal.addEventListener('abort', () => wake());
      while (!signal.aborted) {
        const batch = batches.shift();
        if (batch) yield batch;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      readers.delete(hear);
    },
    happen: (...told: Told[]): void => {
      for (const hear of readers) hear(told);
    },
    get readers() {
      return readers.size;
    },
  };
};

const stateOf = (pbx: string, uniqueid: string, state: number): Told => {
  const before = channelOf(pbx, uniqueid);
  const event: RecordedEvent = {
    ...{ id: '00000000-0000-4000-8000-000000000000', time: 0, pbx, boot: 1, source: 'ami', schema: SCHEMA_VERSION },
    ...{ stream: `channel/${pbx}/1/${uniqueid}`, revision: revision(1), position: position(9), recorded: 0 },
    ...{ type: 'ChannelStateChanged', data: { state } },
  };
  return { event, before, after: evolve(before, event), pbx: pbxNamed(pbx) };
};

let world: ReturnType<typeof happenings>;
let api: Awaited<ReturnType<typeof serve>>;
const clients: WebSocket[] = [];

const address = (path: string): string => `${api.url.replace('http', 'ws')}${path}`;
const connect = async (path: string): Promise<Client> => {
  const socket = new WebSocket(address(path));
  clients.push(socket);
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, messages };
};
const refusalOf = (
  path: string,
  protocols: string[] = [],
): Promise<{ status?: number; body: string; headers: object }> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(address(path), protocols);
    socket.on('open', () => reject(new Error('it was accepted')));
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
  });
const channels = ({ messages }: Client): (string | undefined)[] => messages.map(({ channel }) => channel?.id);
const cache = cacheOf([pbxNamed('pbx-a'), pbxNamed('pbx-b')], []);

beforeEach(async () => {
  world = happenings();
  api = await serve({ cache, follow: world.follow });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await api.close();
});

describe('/ari/events', () => {
  test('tells everybody who subscribes to all what happens, in order, and the log is followed once', async () => {
    const [one, other, none] = await Promise.all([
      connect('/ari/events?app=one,two&subscribeAll=true'),
      connect('/ari/events?app=three&subscribeAll=1'),
      connect('/ari/events?app=four'),
    ]);
    expect(world.readers).toBe(1);
    world.happen(stateOf('pbx-a', '1', 4), stateOf('pbx-b', '2', 6));
    world.happen(stateOf('pbx-a', '3', 6));
    await vi.waitFor(() => expect(one.messages).toHaveLength(6));
    expect(one.messages.map(({ channel, application }) => `${channel?.id} ${application}`)).toEqual([
      ...['1 one', '1 two', '2 one', '2 two', '3 one', '3 two'],
    ]);
    await vi.waitFor(() => expect(channels(other)).toEqual(['1', '2', '3']));
    expect(other.messages.map(({ asterisk_id, channel }) => [asterisk_id, channel?.pbx])).toEqual([
      ['pbx-a', 'pbx-a'],
      ['pbx-b', 'pbx-b'],
      ['pbx-a', 'pbx-a'],
    ]);
    expect(none.messages).toEqual([]);
  });
  test('of one PBX tells of it alone, and of its channels as if it were the only one', async () => {
    const [byPath, byQuery] = await Promise.all([
      connect('/pbx/pbx-b/ari/events?app=one&subscribeAll=true'),
      connect('/ari/events?app=two&subscribeAll=true&pbx=pbx-b'),
    ]);
    world.happen(stateOf('pbx-a', '1', 4), stateOf('pbx-b', '2', 6), stateOf('pbx-a', '3', 6));
    world.happen(stateOf('pbx-b', '4', 6));
    await vi.waitFor(() => expect(channels(byPath)).toEqual(['2', '4']));
    expect(byPath.messages.every(({ channel }) => channel?.pbx === undefined)).toBe(true);
    await vi.waitFor(() => expect(channels(byQuery)).toEqual(['2', '4']));
  });
  test('an application is taken over by whoever names it last; the one before is told, and hears nothing more', async () => {
    const first = await connect('/ari/events?app=one&subscribeAll=true');
    const second = await connect('/ari/events?app=one&subscribeAll=true');
    await vi.waitFor(() => expect(first.messages.map(({ type }) => type)).toEqual(['ApplicationReplaced']));
    first.socket.close();
    await new Promise((resolve) => first.socket.once('close', resolve));
    world.happen(stateOf('pbx-a', '1', 4));
    await vi.waitFor(() => expect(channels(second)).toEqual(['1']));
    expect(first.messages).toHaveLength(1);
    expect((await api.ask('/ari/applications')).body).toMatchObject([{ name: 'one' }]);
    second.socket.close();
    await vi.waitFor(async () => expect((await api.ask('/ari/applications')).body).toEqual([]));
    await vi.waitFor(() => expect(world.readers).toBe(0));
  });
  test('a client that does not read is dropped, and nobody waits for it', async () => {
    const reading = await connect('/ari/events?app=one&subscribeAll=true');
    const silent = await connect('/ari/events?app=two&subscribeAll=true');
    silent.socket.pause();
    const batch = Array.from({ length: 1_000 }, (_, n) => stateOf('pbx-a', `${'x'.repeat(2_000)}${n}`, 6));
    let rounds = 0;
    await vi.waitFor(
      async () => {
        world.happen(...batch);
        rounds += 1;
        await vi.waitFor(() => expect(reading.messages).toHaveLength(rounds * 1_000), { timeout: 10_000 });
        expect((await api.ask('/ari/applications')).body).toMatchObject([{ name: 'one' }]);
        expect((await api.ask('/ari/applications')).body).toHaveLength(1);
      },
      { timeout: 20_000, interval: 1 },
    );
  });
  test('what is wrong with the request is said as Asterisk says it', async () => {
    const missing = await refusalOf('/ari/events?subscribeAll=true');
    expect(missing).toMatchObject({ status: 400, headers: { 'content-type': 'text/html' } });
    expect(missing.body).toContain('HTTP request is missing param: [app]');
    expect(await refusalOf('/ari/events?app=one', ['other'])).toMatchObject({ status: 400 });
    expect(await refusalOf('/ari/nothing')).toMatchObject({ status: 404, body: '{"message":"Resource not found"}' });
    expect(await refusalOf('/pbx/nobody/ari/events?app=one')).toMatchObject({ status: 404 });
    expect(await api.ask('/ari/channels')).toMatchObject({ status: 200 });
  });
  test('Rollcall ends with websockets open, and says so to them', async () => {
    const { socket } = await connect('/ari/events?app=one&subscribeAll=true');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await api.close();
    expect([1001, 1006]).toContain(await closed);
  });
  test.each(['ari', 'ARI'])('speaks ari, and says so to whoever asks for %s', async (ari) => {
    const socket = new WebSocket(address('/ari/events?app=one'), ['other', ari]);
    clients.push(socket);
    await new Promise((resolve) => socket.once('open', resolve));
    expect(socket.protocol).toBe(ari);
  });
  test('whoever sends too much, or nonsense, loses his connection and nobody else does', async () => {
    const good = await connect('/ari/events?app=one&subscribeAll=true');
    const bad = await connect('/ari/events?app=two&subscribeAll=true');
    bad.socket.send('x'.repeat(100_000));
    expect(await new Promise((resolve) => bad.socket.once('close', resolve))).toBe(1009);
    world.happen(stateOf('pbx-a', '1', 4));
    await vi.waitFor(() => expect(channels(good)).toEqual(['1']));
  });
});

test('without a login there are no events, nor api-docs, nor a word of what is there', async () => {
  const wrong = new RollcallError('NOT_LOGGED_IN', 'No.', 'Log in.');
  await api.close();
  api = await serve({
    cache,
    follow: world.follow,
    access: {
      anyUsers: () => true,
      holds: () => true,
      password: async (user, password) => {
        if (user === 'anna' && password === 'right') return { name: 'anna', role: 'read' };
        throw wrong;
      },
      // Made anew for each request, as of a token of a user.
      token: async (token) => {
        if (token === 'rc_right') return { name: 'bert', role: 'read', pbxs: ['pbx-a'] };
        throw wrong;
      },
      ami: () => Promise.reject(wrong),
    },
  });
  const unauthorized = { status: 401, body: '{"message":"Authentication required"}' };
  for (const query of ['app=one', 'app=one&api_key=anna:wrong', 'app=one&api_key=anna', '']) {
    const refusal = await refusalOf(`/ari/events?${query}`);
    expect(refusal).toMatchObject(unauthorized);
    expect(refusal.headers).toMatchObject({ 'www-authenticate': 'Basic realm="Asterisk REST Interface"' });
  }
  for (const path of [
    '/ari/api-docs/resources.json',
    '/ari/nothing',
    '/ari/channels/',
    '/ari',
    '/pbx/nobody/ari/channels',
  ]) {
    expect(await api.ask(path)).toMatchObject({ status: 401, body: { message: 'Authentication required' } });
  }
  const client = await connect('/ari/events?app=one&subscribeAll=true&api_key=anna:right');
  world.happen(stateOf('pbx-a', '1', 4));
  await vi.waitFor(() => expect(channels(client)).toEqual(['1']));

  // Whoever shows a token finds his own applications again, and those of nobody else.
  const bearer = { headers: { authorization: 'Bearer rc_right' } };
  const socket = new WebSocket(address('/ari/events?app=two'), bearer);
  clients.push(socket);
  await new Promise((resolve) => socket.once('open', resolve));
  expect(await api.ask('/ari/applications', bearer)).toMatchObject({ status: 200, body: [{ name: 'two' }] });
});
