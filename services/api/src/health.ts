import type { CacheReader } from '@rollcall/state-cache';
import type { FastifyInstance } from 'fastify';
import { setAside } from './set-aside.ts';

export type Readiness = {
  /** Why the list cannot be relied on just now; empty when it can. */
  problems: string[];
  pbxs: {
    name: string;
    state: string;
    reason?: string | undefined;
    warnings: string[];
    /** What came in and what was prevented since the start; see the ingest's counters. */
    counters: object;
  }[];
  position: number;
  /** How far the list is published on Kafka, where it is. */
  publishing?: object;
};

/** Of what is set aside, `/readyz` names so many; `/v1/channels` names all. */
const MOST_SET_ASIDE = 100;

/**
 * `/healthz`: the process answers. `/readyz`: the list is the log's; a PBX that is away and what is set aside are named, and do not
 * make it unready.
 */
export const healthRoutes = (server: FastifyInstance, cache: CacheReader, readiness: () => Readiness): void => {
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const state = readiness();
    const ready = state.problems.length === 0;
    const quarantine = setAside(cache, { most: MOST_SET_ASIDE });
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...state, quarantine });
  });
};
