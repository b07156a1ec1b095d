import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Access } from '@rollcall/access';
import { isLoopback } from '@rollcall/access';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { createHub, NOTHING_KEPT } from '../hub.ts';
import type { ApiOptions, Tls } from '../options.ts';
import { createTurns } from '../turns.ts';
import { createAdmission, type Limits } from './admission.ts';
import { sayEvents } from './said-events.ts';
import { type SessionOptions, serveSession } from './session.ts';
import { createView } from './view.ts';

export type AmiOptions = Pick<ApiOptions, 'cache' | 'staleAfter' | 'staleAnswers' | 'follow'> & {
  world: World;
  /** Told of logins. */
  logger?: SessionOptions['logger'];
  /** Who may log in: `access.ami`. */
  login: Access['ami'];
  /** Whether a login still holds: `access.holds`. Default: for as long as the connection. */
  holds?: Access['holds'];
  /** PEM; with it only TLS is spoken. */
  tls?: Tls;
  /** Milliseconds in which a client has to log in: 30 s as in Asterisk. */
  loginWithin?: number;
  limits?: Partial<Limits>;
};

export type AmiFace = {
  /**
   * Listens; `open` allows an address that others can reach.
   * @throws RollcallError AMI_NOT_LOOPBACK, AMI_PORT_IN_USE, AMI_ADDRESS
   */
  listen(address: { host: string; port: number; open: boolean }): Promise<{ host: string; port: number }>;
  /** Who connects from now on is shown this certificate; connections that stand go on. Of a face that was made with TLS. */
  renewTls(tls: Tls): void;
  readonly connections: number;
  /** Ends every connection. */
  close(): Promise<void>;
};

const LOGIN_WITHIN_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;

/** Asterisk's manager interface, read-only, over TCP or TLS: the list and what happens, as tools for Asterisk expect them. */
export const createAmiFace = (options: AmiOptions): AmiFace => {
  const { cache, staleAfter, world } = options;
  const { clock, scheduler, random } = world;
  const { follow, said } = sayEvents(options.follow, cache);
  // AMI knows no resuming.
  const hub = createHub(follow, { kept: NOTHING_KEPT });
  const begun = clock.monotonic();
  const session = {
    view: (identity: { readonly pbxs?: readonly string[] }) =>
      createView({ cache, now: clock.now(), staleAfter }, identity.pbxs),
    challenge: () => String(Number.parseInt(random.secret(4), 16) & 0x7fffffff),
    uptime: () => Math.floor((clock.monotonic() - begun) / 1000),
    staleAnswers: options.staleAnswers ?? 'mark',
    holds: options.holds ?? (() => true),
    ...{
      login: options.login,
      hub,
      cache,
      said,
      clock,
      scheduler,
      turn: createTurns({ clock, scheduler, rest: 0 }),
      filtering: createTurns({ clock, scheduler }),
    },
    loginWithin: options.loginWithin ?? LOGIN_WITHIN_MS,
    logger: options.logger,
  };
  const admission = createAdmission(options.limits);
  const sockets = new Set<Socket>();
  let secureContext = options.tls && createSecureContext(options.tls);

  const accept = (socket: Socket): void => {
    const address = socket.remoteAddress;
    const entry = address === undefined ? undefined : admission.enter(address);
    if (!entry || address === undefined) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      entry.leave();
    });
    socket.on('error', () => socket.destroy());
    // A peer that is gone without a word is noticed.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    const stream = secureContext ? new TLSSocket(socket, { isServer: true, secureContext }) : socket;
    void serveSession(stream, address, session, entry.loggedIn);
  };

  const server = createServer(accept);
  return {
    listen: (address) => listen(server, address),
    renewTls: (tls) => {
      if (secureContext) secureContext = createSecureContext(tls);
    },
    get connections() {
      return sockets.size;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

const listen = async (
  server: Server,
  { host, port, open }: { host: string; port: number; open: boolean },
): Promise<{ host: string; port: number }> => {
  if (!open && !isLoopback(host)) {
    throw new RollcallError(
      'AMI_NOT_LOOPBACK',
      `${host}:${port} can be reached by others, and there are no users: they would read every call.`,
      'Listen on 127.0.0.1, or add a user: rollcall user add.',
    );
  }
  const choose = 'Choose another: --ami HOST:PORT.';
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new RollcallError('AMI_PORT_IN_USE', `${host}:${port} is in use by another program.`, choose)
          : new RollcallError('AMI_ADDRESS', `Cannot listen on ${host}:${port}: ${error.code ?? error}.`, choose),
      ),
    );
    server.listen({ host, port, backlog: 1024 }, () => resolve());
  });
  const bound = server.address();
  return { host, port: typeof bound === 'object' && bound ? bound.port : port };
};
