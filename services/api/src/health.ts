import type { FastifyInstance } from 'fastify';
import { ANYBODY } from './access/identify.ts';
import { allowOnly } from './methods.ts';
import type { ApiOptions } from './options.ts';
import { setAside } from './set-aside.ts';

/** Of what is set aside, `/readyz` names so many; `/v1/channels` names all. */
const MOST_SET_ASIDE = 100;

/**
 * `/healthz`: the process answers. `/readyz`: the list is the log's; a PBX that is away and what is set aside are named, and do not
 * make it unready. Both answer without a login; what `/readyz` names, only where none is asked for, or to who has logged in.
 */
export const healthRoutes = (server: FastifyInstance, options: ApiOptions): void => {
  const { access, readiness } = options;
  const config = { open: true };
  server.get('/healthz', { config }, async () => ({ status: 'ok' }));
  server.get('/readyz', { config }, async ({ identity, view }, reply) => {
    const { pbxs, ...state } = readiness();
    const ready = state.problems.length === 0;
    const status = ready ? 'ready' : 'not ready';
    reply.status(ready ? 200 : 503);
    if (identity === ANYBODY && access?.anyUsers()) return { status };
    const quarantine = setAside(view.cache, { most: MOST_SET_ASIDE });
    return { status, ...state, pbxs: pbxs.filter(({ name }) => view.sees(name)), quarantine };
  });
  for (const url of ['/healthz', '/readyz']) allowOnly(server, url, ['GET', 'HEAD']);
};
