import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { systemWorld } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type AmiOptions, createAmiFace } from '../ami/face.ts';
import type { Follow } from '../hub.ts';
import { SINCE } from './served.ts';

/** A minute after the tests' connections began. */
export const NOW = SINCE + 60_000;

/** Lets in user `u` with secret `s`; user `a` sees pbx-a alone. MD5 is decided by the access package, not here. */
const testLogin: AmiOptions['login'] = async (attempt) => {
  if ('secret' in attempt && attempt.secret === 's') {
    if (attempt.user === 'u') return { name: 'u', role: 'read' };
    if (attempt.user === 'a') return { name: 'a', role: 'read', pbxs: ['pbx-a'] };
  }
  throw new RollcallError('NOT_LOGGED_IN', 'Wrong.', 'Look again.');
};

/** Nothing happens, for as long as anybody listens. */
export const quiet: Follow = async function* (_from, signal) {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
};

/** The AMI face over a real socket of loopback. */
export const serveAmi = async (options: Partial<AmiOptions> & Pick<AmiOptions, 'cache'>) => {
  const face = createAmiFace({
    world: { ...systemWorld, clock: { ...systemWorld.clock, now: () => NOW } },
    staleAfter: 900_000,
    follow: quiet,
    login: testLogin,
    ...options,
  });
  const { port } = await face.listen({ host: '127.0.0.1', port: 0, open: false });
  return { face, port, close: () => face.close() };
};

/** A client that only collects what it is sent. */
export const amiClient = async (port: number) => {
  const socket: Socket = connect(port, '127.0.0.1');
  let text = '';
  let isClosed = false;
  socket.setEncoding('utf8');
  socket.on('data', (data: string) => {
    text += data;
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    isClosed = true;
  });
  await once(socket, 'connect');
  const until = async (what: string | RegExp): Promise<string> => {
    const has = (): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text));
    const begin = performance.now();
    while (!has()) {
      if (performance.now() - begin > 10_000) throw new Error(`waited in vain for ${what}; there was ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const said = text;
    text = '';
    return said;
  };
  return {
    socket,
    until,
    /** Sends an action and resolves with everything up to the blank line after what is waited for. */
    ask: (action: string, what: string | RegExp = '\r\n\r\n') => {
      socket.write(`${action.trim().split('\n').join('\r\n')}\r\n\r\n`);
      return until(what);
    },
    closed: async (): Promise<string> => {
      const begin = performance.now();
      while (!isClosed) {
        if (performance.now() - begin > 10_000) throw new Error('waited in vain for the end of the connection');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return text;
    },
  };
};
