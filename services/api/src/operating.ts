import type { CacheReader } from '@rollcall/state-cache';
import type { FastifyInstance } from 'fastify';
import { imageStream } from './image.ts';
import type { Jobs } from './jobs.ts';
import { allowOnly } from './methods.ts';
import { progressStream } from './progress-stream.ts';

export type Operating = {
  /** Whoever shows it may operate. */
  token: string;
  jobs: Jobs;
  /** Identity of the log that the list is of. */
  log: string;
};

/** What operators call, and nobody else: operations begin as jobs, jobs are looked at and stopped, the list is read whole. */
export const operatingRoutes = (server: FastifyInstance, cache: CacheReader, operating: Operating): void => {
  const { jobs, log } = operating;
  server.addHook('onRoute', (route) => {
    route.config = { ...route.config, role: 'operate' };
  });

  server.post<{ Params: { name: string } }>('/operations/:name', async ({ params, body }, reply) => {
    const job = jobs.start(params.name, body);
    return reply.status(202).header('location', `/v1/jobs/${job.id}`).send(job);
  });

  server.get('/jobs', async () => ({ jobs: jobs.all().map(({ result, ...job }) => job) }));

  server.get<{ Params: { id: string } }>('/jobs/:id', async ({ params }) => jobs.get(params.id));

  server.delete<{ Params: { id: string } }>('/jobs/:id', async ({ params }, reply) => {
    const job = jobs.stop(params.id);
    return reply.status(job.state === 'running' ? 202 : 200).send(job);
  });

  server.get<{ Params: { id: string } }>('/jobs/:id/progress', { exposeHeadRoute: false }, async ({ params }, reply) =>
    reply.type('application/x-ndjson').send(progressStream(jobs, params.id)),
  );

  server.get('/image', { exposeHeadRoute: false }, async (_request, reply) =>
    reply.type('application/x-ndjson').send(imageStream(cache, log)),
  );

  allowOnly(server, '/image', ['GET']);
  allowOnly(server, '/operations/:name', ['POST']);
  allowOnly(server, '/jobs', ['GET', 'HEAD']);
  allowOnly(server, '/jobs/:id', ['GET', 'HEAD', 'DELETE']);
  allowOnly(server, '/jobs/:id/progress', ['GET']);
};
