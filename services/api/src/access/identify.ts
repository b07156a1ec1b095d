import { createHash, timingSafeEqual } from 'node:crypto';
import type { Access, Identity, Role } from '@rollcall/access';
import { mayOperate, TooManyAttempts } from '@rollcall/access';
import { RollcallError } from '@rollcall/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHub } from '../hub.ts';
import type { ApiOptions } from '../options.ts';
import { createTurns } from '../turns.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import { dismissRevoked } from './dismiss.ts';
import { checkLocal } from './reachable.ts';
import { type View, viewOf } from './view.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Without users: nobody in particular, who may read. */
    identity: Identity;
    /** What he may see. */
    view: View;
  }
  interface FastifyContextConfig {
    /** Served to whoever asks, logged in or not; who shows nothing is ANYBODY. */
    open?: boolean;
    /** What it takes to be served; default `read`. */
    role?: Role;
    /** It tells of all PBXs at once: not for a user who is bound to some. */
    everyPbx?: boolean;
  }
}

/** Whoever asks where no login is asked for. */
export const ANYBODY: Identity = { name: '', role: 'read' };
/** Whoever can read the data directory: the commands of this machine. */
const OPERATOR: Identity = { name: 'operator', role: 'operate' };

/**
 * Says of every request who asks and what he may see, before a body is read; refuses who may not. How the refusal looks is for each
 * face's error handler: NOT_LOGGED_IN (401), ROLE_MISSING (403), TOO_MANY_ATTEMPTS (429), LOGIN_BUSY (503).
 */
export const identify = (server: FastifyInstance, options: ApiOptions): void => {
  const { access, operating } = options;
  const identityOf = createIdentityOf(access, operating?.token);
  // Folding the log up to a moment takes long: everything else goes on in between.
  const turn = createTurns(options);
  const at: ApiOptions['at'] = (moment) => turn(() => options.at(moment));
  const sources = {
    options: { cache: options.cache, follow: options.follow, at },
    hub: createHub(options.follow, { now: () => options.cache.checkpoint }),
  };
  // By whom it is of and what he may see: each request of a token makes an identity anew, and what faces keep is kept by the view.
  const views = new Map<string, View>();
  const everything = viewOf(ANYBODY, sources);
  const view = (identity: Identity): View => {
    if (identity.pbxs === undefined && identity.name === ANYBODY.name) return everything;
    const key = JSON.stringify([identity.name, identity.pbxs]);
    const known = views.get(key) ?? viewOf(identity, sources);
    views.set(key, known);
    return known;
  };
  const present = access && options.scheduler ? dismissRevoked(server, access, options.scheduler) : undefined;
  server.decorateRequest('identity');
  server.decorateRequest('view');
  /** @throws RollcallError NOT_LOGGED_IN, ROLE_MISSING */
  const admit = (request: FastifyRequest, shown: Credentials, asked: boolean, identity: Identity | undefined): void => {
    const { open = false, role = 'read', everyPbx = false } = request.routeOptions.config;
    const admitted = identity ?? (open || (role === 'read' && !asked) ? ANYBODY : undefined);
    if (!admitted) throw notLoggedIn(shown);
    if (role === 'operate' && !mayOperate(admitted)) throw roleMissing(admitted);
    if (everyPbx && admitted.pbxs) throw isBound(admitted);
    request.identity = admitted;
    request.view = view(admitted);
    if (mayBeRevoked(admitted, asked)) present?.(request.socket, admitted);
  };
  // Nothing is waited for where nothing is shown: a promise costs each request.
  server.addHook('onRequest', (request, reply, done) => {
    request.identity = ANYBODY;
    request.view = everything;
    const shown = credentialsOf(request.headers.authorization, request.query);
    const asked = access?.anyUsers() ?? false;
    if (!asked && !options.open) checkLocal(request, options.hosts);
    if (shown.kind === 'none') {
      admit(request, shown, asked, undefined);
      done();
      return;
    }
    identityOf(shown, request.ip)
      .catch((error) => {
        // Whoever watches over the process may show a login that is none any more.
        if (request.routeOptions.config.open) return undefined;
        if (error instanceof TooManyAttempts) reply.header('retry-after', error.retryAfter);
        throw error;
      })
      .then((identity) => admit(request, shown, asked, identity))
      .then(() => done(), done);
  });
};

/** Who came in without a login may not stay once logins are asked for; what is open to all, such as health, stays so. */
const mayBeRevoked = (admitted: Identity, asked: boolean): boolean =>
  admitted !== OPERATOR && (admitted !== ANYBODY || !asked);

type IdentityOf = (shown: Credentials, address: string) => Promise<Identity | undefined>;

/** Undefined where nothing was shown that anybody asks for: without users a password is not looked at. */
const createIdentityOf = (access: Access | undefined, operatorToken: string | undefined): IdentityOf => {
  const expected = operatorToken === undefined ? undefined : sha256(operatorToken);
  return async (shown, address) => {
    if (shown.kind === 'token' && expected && timingSafeEqual(sha256(shown.token), expected)) return OPERATOR;
    if (!access?.anyUsers()) return undefined;
    if (shown.kind === 'token') return access.token(shown.token, address);
    if (shown.kind === 'password') return access.password(shown.user, shown.password, address);
    return undefined;
  };
};

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

const notLoggedIn = ({ kind }: Credentials) =>
  new RollcallError(
    'NOT_LOGGED_IN',
    kind === 'none'
      ? 'This needs a login, and none was shown.'
      : 'The login that was shown is not one that may do this.',
    'Send "Authorization: Bearer TOKEN" or a user and password ("rollcall user add"); on the machine itself the token stands in operator.token of the data directory.',
  );

const roleMissing = ({ name }: Identity) =>
  new RollcallError(
    'ROLE_MISSING',
    `"${name}" may read, and this is for who may operate.`,
    'Ask with a user or token of role operate ("rollcall user add NAME --role operate").',
  );

const isBound = ({ name, pbxs = [] }: Identity) =>
  new RollcallError(
    'ROLE_MISSING',
    `"${name}" is bound to ${pbxs.join(', ')}, and this tells of every PBX.`,
    'Ask with a user or token that is not bound ("rollcall user add NAME").',
  );
