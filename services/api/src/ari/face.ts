import type { Clock } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { View } from '../access/view.ts';
import type { Listing } from '../listed.ts';
import type { ApiOptions } from '../options.ts';
import { statusOf } from '../refusal.ts';
import { createSockets } from '../upgrade.ts';
import { type Answer, refused } from './answer.ts';
import { ANSWERS, docsAnswer, TELLS_STATE } from './answers.ts';
import { type Applications, createApplications } from './applications.ts';
import { createChannelLists } from './bodies.ts';
import { sayDoubts } from './doubts.ts';
import { eventsFace } from './events-face.ts';
import { type Scope, stalePbxs } from './fleet.ts';
import { type Matched, match, type OperationName } from './operations.ts';
import { send } from './send.ts';

const METHODS = ['GET', 'OPTIONS', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const DOCS = '/api-docs/';

/**
 * Asterisk's own paths, models and errors, for a user who may only read: `/ari` of all PBXs together, `/pbx/NAME/ari` of one of them,
 * and `/ari` under a host name that is a PBX's.
 */
export const ariFace = (server: FastifyInstance, options: ApiOptions): void => {
  server.setErrorHandler((error, _request, reply) => send(reply, refusal(error)));
  const sockets = createSockets(server, { protocols: ['ari'], maxPayload: 64 * 1024 });
  const lists = createChannelLists();
  const applications = perView(options.clock);
  const follow = eventsFace(sockets);

  /** Answers at once wherever nothing is waited for: a promise of the reply itself would have Fastify watch for the end of each answer. */
  const answer = (request: FastifyRequest, reply: FastifyReply, mount: Mount): Promise<unknown> | undefined => {
    const scope = mount.scope(request);
    const path = pathOf(request).slice(scope.prefix.length);
    const { view } = request;
    const matched = match(path);
    if (scope.pbx !== undefined && !view.cache.pbx(scope.pbx)) send(reply, noSuchPbx(scope.pbx, view, options));
    else if (path.endsWith('/') && path !== '/') send(reply, endsWithSlash(scope, path));
    else if (path.startsWith(DOCS)) send(reply, docs(request, scope, path.slice(DOCS.length)));
    else if (matched.is === 'unknown') send(reply, NOT_FOUND);
    else if (request.method === 'OPTIONS') send(reply, { status: 204, body: undefined, headers: allow(matched) });
    else if (matched.is === 'nothing') send(reply, refused(405, 'Invalid method', allow(matched)));
    else if (matched.name === 'eventWebsocket') return follow(request, reply, scope, applications(view));
    else {
      const at = lastOf(request.query, 'at');
      const { now } = options.clock;
      const { name, parameters } = matched;
      const operate = (shown: Pick<Listing, 'cache' | 'now'>): void => {
        const listing = { ...shown, staleAfter: options.staleAfter };
        const refuse = refuses(name, scope, listing, options);
        const query = (one: string): string | undefined => lastOf(request.query, one);
        const asked = { scope, listing, lists, parameters, applications: applications(view), query };
        const answered = refuse ? refused(503, 'Asterisk not booted') : ANSWERS[name](asked);
        if (!refuse && TELLS_STATE.has(name)) sayDoubts(reply, answered, scope, listing);
        send(reply, answered);
      };
      if (at !== undefined) return view.at(at).then(operate);
      operate({ cache: view.cache, now: now() });
    }
    return undefined;
  };

  for (const mount of [fleetMount(options), pbxMount]) {
    for (const url of [mount.url, `${mount.url}/*`]) {
      server.route({
        method: METHODS,
        url,
        exposeHeadRoute: false,
        config: { tellsBrowsers: true },
        // Before a body is looked at: nothing can be changed here.
        onRequest: (request, reply, done) => {
          if (request.method === 'GET' || request.method === 'OPTIONS') done();
          else send(reply, refused(403, 'Write access denied'));
        },
        handler: (request, reply) => answer(request, reply, mount),
      });
    }
  }
};

type Mount = { url: string; scope: (request: FastifyRequest) => Scope };

const fleetMount = ({ hosts }: ApiOptions): Mount => ({
  url: '/ari',
  scope: (request) => ({
    pbx: hosts?.get(request.hostname.toLowerCase()) ?? lastOf(request.query, 'pbx'),
    prefix: '/ari',
  }),
});

const pbxMount: Mount = {
  url: '/pbx/:pbx/ari',
  scope: (request) => {
    const pbx = lastOf(request.params, 'pbx') ?? '';
    return { pbx, prefix: `/pbx/${pathOf(request).split('/')[2]}/ari` };
  },
};

const NOT_FOUND = refused(404, 'Resource not found');

/** Named by path, host or query. One that is configured, and has never been reached, is as good as an Asterisk that has not started. */
const noSuchPbx = (pbx: string, view: View, { readiness }: ApiOptions): Answer =>
  view.sees(pbx) && readiness().pbxs.some(({ name }) => name === pbx)
    ? refused(503, 'Asterisk not booted')
    : refused(404, 'PBX not found');

const pathOf = (request: FastifyRequest): string => {
  const { url } = request.raw;
  const query = url?.indexOf('?') ?? -1;
  return query < 0 ? (url ?? '') : (url ?? '').slice(0, query);
};

/** Of a parameter that is given more than once Asterisk takes the last; it does not mind those that it does not know. */
const lastOf = (query: unknown, name: string): string | undefined => {
  const value: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, name) : undefined;
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
};

const endsWithSlash = ({ prefix }: Scope, path: string): Answer =>
  refused(404, `ARI URLs do not end with a slash. Try ${prefix}${path.slice(0, -1)}`);

const docs = ({ method, protocol, host }: FastifyRequest, { prefix }: Scope, file: string): Answer =>
  method === 'GET' ? docsAnswer(file, `${protocol}://${host}${prefix}`) : refused(405, 'Unsupported method');

const allow = ({ is }: Matched): { allow: string } => ({ allow: is === 'operation' ? 'OPTIONS,GET' : 'OPTIONS' });

const refuses = (name: OperationName, scope: Scope, listing: Listing, options: ApiOptions): boolean =>
  options.staleAnswers === 'refuse' &&
  TELLS_STATE.has(name) &&
  (stalePbxs(scope, listing).length > 0 || options.readiness().problems.length > 0);

const perView = (clock: Clock): ((view: View) => Applications) => {
  const known = new WeakMap<View, Applications>();
  return (view) => {
    const applications = known.get(view) ?? createApplications(view, clock);
    known.set(view, applications);
    return applications;
  };
};

const UNAUTHORIZED = { 'www-authenticate': 'Basic realm="Asterisk REST Interface"' };

/** By code, what Asterisk would say. */
const refusal = (error: unknown): Answer => {
  if (!(error instanceof RollcallError)) {
    const status = statusOf(error);
    return refused(status, status < 500 && error instanceof Error ? error.message : 'Internal error');
  }
  switch (error.code) {
    case 'NOT_LOGGED_IN':
      return refused(401, 'Authentication required', UNAUTHORIZED);
    case 'ROLE_MISSING':
      return refused(403, 'Write access denied');
    case 'ORIGIN_FOREIGN':
      return refused(403, error.message);
    case 'TOO_MANY_ATTEMPTS':
    case 'TOO_MANY_REQUESTS':
      return refused(429, error.message);
    case 'AT_UNCLEAR':
    case 'AT_BEYOND_LOG':
    case 'AT_COMPACTED':
      return refused(400, error.message);
    default:
      return refused(503, error.message);
  }
};
