import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { systemWorld } from '@rollcall/clock';
import type { Told } from '@rollcall/projector';
import { createMemoryCache } from '@rollcall/state-cache';
import { expect, test, vi } from 'vitest';
import { createHub, type Follow } from '../hub.ts';
import { quiet } from '../testing/ami-served.ts';
import type { AmiEvent } from './events.ts';
import { type SessionOptions, serveSession } from './session.ts';
import { createView } from './view.ts';

/** A connection that takes what it is given a moment later, as TLS does. */
const slowConnection = (): { socket: Duplex; said: () => string } => {
  let said = '';
  const socket = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => {
      setImmediate(() => {
        said += String(chunk);
        done();
      });
    },
  });
  return { socket, said: () => said };
};

const options = (more: Partial<SessionOptions> = {}): SessionOptions => {
  const { clock, scheduler } = systemWorld;
  const cache = createMemoryCache();
  return {
    view: () => createView({ cache, now: 0, staleAfter: 0 }, undefined),
    challenge: () => '1',
    uptime: () => 0,
    staleAnswers: 'mark',
    login: async () => ({ name: 'u', role: 'read' }),
    holds: () => true,
    hub: createHub(quiet),
    said: () => [],
    loginWithin: 10_000,
    turn: async (work) => work(),
    filtering: async (work) => work(),
    logger: undefined,
    ...{ cache, clock, scheduler },
    ...more,
  };
};

test('who asks for everything in one go, and logs off, hears all of it', async () => {
  const { socket, said } = slowConnection();
  socket.push('Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\nAction: Ping\r\n\r\nAction: Logoff\r\n\r\n');
  void serveSession(socket, '127.0.0.1', options(), () => {});
  await once(socket, 'close');
  expect(said()).toMatch(/^Asterisk Call Manager[\s\S]*accepted[\s\S]*Pong[\s\S]*all the fish/);
});

test('an answer does not wait for the turn of what filters cost', async () => {
  const { socket, said } = slowConnection();
  const happens = Promise.withResolvers<void>();
  const filters = Promise.withResolvers<void>();
  const follow: Follow = async function* (_from, signal) {
    await happens.promise;
    yield [{ event: { position: 0 } } as unknown as Told];
    yield* quiet(undefined, signal);
  };
  const event: AmiEvent = { name: 'Newstate', eventClass: 'call', pbx: 'a', text: 'Event: Newstate\r\n\r\n' };
  const filtering = (): Promise<never> => {
    filters.resolve();
    return new Promise(() => {});
  };
  void serveSession(socket, '127.0.0.1', options({ hub: createHub(follow), said: () => [event], filtering }), () => {});
  socket.push('Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n');
  socket.push('Action: Filter\r\nOperation: Add\r\nFilter: Newstate\r\n\r\n');
  await vi.waitFor(() => expect(said()).toMatch(/accepted[\s\S]*Message: Success/));
  happens.resolve();
  await filters.promise;
  socket.push('Action: Ping\r\n\r\n');
  await vi.waitFor(() => expect(said()).toContain('Pong'));
  socket.destroy();
});
