import type { FastifyInstance } from 'fastify';

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
};

/** `/healthz`: the process answers. `/readyz`: the list is the log's; a PBX that is away is named, and does not make it unready. */
export const healthRoutes = (server: FastifyInstance, readiness: () => Readiness): void => {
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const state = readiness();
    const ready = state.problems.length === 0;
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...state });
  });
};
