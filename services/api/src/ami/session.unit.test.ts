import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { systemWorld } from '@rollcall/clock';
import { createMemoryCache } from '@rollcall/state-cache';
import { expect, test } from 'vitest';
import { createHub } from '../hub.ts';
import { quiet } from '../testing/ami-served.ts';
import { serveSession } from './session.ts';
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

test('who asks for everything in one go, and logs off, hears all of it', async () => {
  const { clock, scheduler } = systemWorld;
  const cache = createMemoryCache();
  const { socket, said } = slowConnection();
  socket.push('Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\nAction: Ping\r\n\r\nAction: Logoff\r\n\r\n');
  void serveSession(
    socket,
    '127.0.0.1',
    {
      view: () => createView({ cache, now: 0, staleAfter: 0 }, undefined),
      challenge: () => '1',
      uptime: () => 0,
      staleAnswers: 'mark',
      login: async () => ({ name: 'u', role: 'read' }),
      holds: () => true,
      hub: createHub(quiet),
      said: () => [],
      loginWithin: 10_000,
      turn: async () => {},
      logger: undefined,
      ...{ cache, clock, scheduler },
    },
    () => {},
  );
  await once(socket, 'close');
  expect(said()).toMatch(/^Asterisk Call Manager[\s\S]*accepted[\s\S]*Pong[\s\S]*all the fish/);
});
