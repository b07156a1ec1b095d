import { connect, type Socket } from 'node:net';
import { systemWorld } from '@rollcall/clock';
import type { Told } from '@rollcall/projector';
import { afterEach, describe, expect, test } from 'vitest';
import type { Follow } from '../hub.ts';
import { amiClient, serveAmi } from '../testing/ami-served.ts';
import { seeded } from '../testing/seeded.ts';
import { cacheOf, channelOf, pbxNamed } from '../testing/served.ts';
import { hostileBytes } from './hostile.fixture.ts';

// ROLLCALL_CONNECTIONS=10000 for the long run.
const CONNECTIONS = Number(process.env.ROLLCALL_CONNECTIONS ?? 1000);

let served: Awaited<ReturnType<typeof serveAmi>> | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

const LOGIN = 'Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n';
/** The waits of the protocol, a hundred times as fast. */
const fast = {
  ...systemWorld,
  scheduler: {
    ...systemWorld.scheduler,
    after: (ms: number, task: () => void) => systemWorld.scheduler.after(ms / 100, task),
    sleep: (ms: number, signal?: AbortSignal) => systemWorld.scheduler.sleep(ms / 100, signal),
  },
};
const serve = async (channels: number, options: Partial<Parameters<typeof serveAmi>[0]> = {}) => {
  const all = Array.from({ length: channels }, (_, i) =>
    channelOf('pbx-a', `1.${i}`, { applicationData: 'x'.repeat(500) }),
  );
  served = await serveAmi({ cache: cacheOf([pbxNamed('pbx-a')], all), world: fast, ...options });
  return served;
};
const until = async (what: string, condition: () => boolean): Promise<void> => {
  const begin = performance.now();
  while (!condition()) {
    if (performance.now() - begin > 20_000) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const isServed = async (port: number): Promise<void> => {
  const client = await amiClient(port);
  client.socket.write(LOGIN);
  await client.until('Fully Booted');
  expect(await client.ask('Action: Ping')).toContain('Pong');
  client.socket.destroy();
};

describe('over sockets', () => {
  test('whatever is sent, others are served meanwhile and no connection is left', async () => {
    const { port, face } = await serve(3);
    const random = seeded(5);
    const ended: Promise<unknown>[] = [];
    for (let client = 0; client < 200; client++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      ended.push(new Promise((resolve) => socket.once('close', resolve)));
      if (random() < 0.5) socket.write(LOGIN);
      for (let input = 0; input < 5; input++) socket.write(hostileBytes(random));
      if (random() < 0.5) socket.end();
      else socket.once('data', () => socket.destroy());
      if (client % 40 === 0) {
        await Promise.all(ended.splice(0));
        await isServed(port);
      }
    }
    await Promise.all(ended);
    await until('no connection', () => face.connections === 0);
  });

  test('a client that does not read is cut off, and the others never wait for it', async () => {
    const { port, face } = await serve(5000);
    const slow = await amiClient(port);
    slow.socket.write(LOGIN);
    await slow.until('Fully Booted');
    slow.socket.pause();
    for (let list = 0; list < 20; list++) slow.socket.write('Action: CoreShowChannels\r\n\r\n');
    await isServed(port);
    await until('the slow one to be cut off', () => face.connections === 0);
  });

  test('a client whose filters take long waits for them alone', async () => {
    let go = () => {};
    const going = new Promise<void>((resolve) => {
      go = resolve;
    });
    const after = channelOf('pbx-a', '1.0', { callerName: 'x'.repeat(80) });
    const event = { type: 'ChannelStateChanged', data: {}, pbx: 'pbx-a', stream: 'channel/pbx-a/1/1.0', time: 0 };
    const batch = Array.from({ length: 20 }, () => ({ event, before: after, after }) as Told);
    const follow: Follow = async function* (_from, signal) {
      await going;
      yield batch;
      await systemWorld.scheduler.sleep(60_000, signal);
    };
    const { port } = await serve(1, { follow });
    const costly = await amiClient(port);
    const login = 'Action: Login\nUsername: u\nSecret: s';
    await costly.ask(login, 'Fully Booted');
    const filter = `Action: Filter\nOperation: Add\nFilter: !${'.*'.repeat(90)}none`;
    for (let filters = 0; filters < 16; filters++) await costly.ask(filter);
    let isTold = false;
    costly.socket.once('data', () => {
      isTold = true;
    });
    const other = await amiClient(port);
    await other.ask(`${login}\nEvents: off`, 'accepted');
    go();
    await other.ask('Action: Ping', 'Pong');
    expect(isTold).toBe(false);
  });

  test('silent and half-open sockets are closed when the time for a login is over', async () => {
    const { port, face } = await serve(1, { loginWithin: 5000 });
    const silent = await Promise.all(Array.from({ length: 20 }, () => amiClient(port)));
    const halfOpen = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    halfOpen.on('error', () => {});
    halfOpen.end('Action: Chall');
    await until('all of them to be closed', () => face.connections === 0);
    for (const { closed } of silent) await closed();
  });

  test(`of ${CONNECTIONS} connections as many are kept as have room, and whoever is logged in stays`, async () => {
    const { port, face } = await serve(1, { loginWithin: 10_000_000, limits: { waitingPerAddress: 30 } });
    const client = await amiClient(port);
    client.socket.write(LOGIN);
    await client.until('Fully Booted');
    let closed = 0;
    const sockets: Socket[] = [];
    while (sockets.length < CONNECTIONS) {
      for (let i = 0; i < 250; i++) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.once('close', () => closed++);
        sockets.push(socket.resume());
      }
      await until('the others to be closed', () => closed === sockets.length - 30);
    }
    expect(face.connections).toBe(31);
    expect(await client.ask('Action: Ping')).toContain('Pong');
    for (const socket of sockets) socket.destroy();
    await until('room', () => face.connections === 1);
    await isServed(port);
  });

  test('a line of 256 megabytes is refused without being kept', async () => {
    const { port } = await serve(1);
    const client = await amiClient(port);
    client.socket.write(LOGIN);
    await client.until('Fully Booted');
    const before = process.memoryUsage().arrayBuffers;
    const piece = Buffer.alloc(1 << 20, 'x');
    for (let i = 0; i < 256; i++) {
      if (!client.socket.write(piece)) await new Promise((resolve) => client.socket.once('drain', resolve));
    }
    expect(await client.ask('\n', 'line too long')).toContain('Response: Error');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6);
  });
});
