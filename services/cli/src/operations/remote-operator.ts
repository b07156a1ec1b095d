import type { Job } from '@rollcall/api/operations';
import type { World } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import { z } from 'zod';
import { notRollcall, serverAddress } from '../rollcall-server.ts';
import { askServer, linesOf, type Question, type Server } from './ask-server.ts';
import type { Operator } from './operator.ts';

const progressSchema = z.object({
  phase: z.string(),
  position: z.number(),
  target: z.number(),
  events: z.number(),
  eventsPerSecond: z.number(),
  secondsLeft: z.number().optional(),
});

const jobSchema = z.object({
  id: z.string(),
  operation: z.string(),
  body: z.unknown().optional(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  started: z.number(),
  ended: z.number().optional(),
  progress: progressSchema.optional(),
  result: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string(), advice: z.string() }).optional(),
});

/** A job's result lists what was found, and may be long. */
const MAX_LINE = 16 * 1024 * 1024;
/** Between two attempts to hear of a job again. */
const AGAIN_MS = 500;

/** Operations run in that Rollcall, and go on there whatever becomes of this process. */
export const remoteOperator = (server: Server, world: World): Operator => {
  const { place } = serverAddress(server.url);

  const ask = async (question: Question): Promise<Job> =>
    jobOf(await (await askServer(server, question, world)).text(), place);

  /** Undefined when the connection ended before the job did. */
  const listen = async (id: string, tell: (job: Job) => void): Promise<Job | undefined> => {
    const response = await askServer(server, { path: `v1/jobs/${id}/progress` }, world);
    try {
      for await (const line of linesOf(response, MAX_LINE)) {
        const job = jobOf(line, place);
        if (job.state !== 'running') return job;
        tell(job);
      }
    } catch (error) {
      if (error instanceof RollcallError) throw error;
    }
    return undefined;
  };

  return {
    start: (operation, body) => ask({ method: 'POST', path: `v1/operations/${operation}`, body }),
    follow: async (id, tell) => {
      for (;;) {
        const ended = await listen(id, tell).catch((error) => {
          throw isRollcallError(error) && GONE.has(error.code) ? lost(id, place, error) : error;
        });
        if (ended) return ended;
        // It was too slow for the stream, or the Rollcall is gone: then asking again says so.
        await world.scheduler.sleep(AGAIN_MS);
      }
    },
    stop: async (id) => void (await ask({ method: 'DELETE', path: `v1/jobs/${id}` })),
    close: async () => {},
  };
};

const jobOf = (text: string, place: string): Job => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw notRollcall(place, 'its answer is not JSON');
  }
  const job = jobSchema.safeParse(json);
  if (!job.success) throw notRollcall(place, `${job.error.issues[0]?.path.join('.')}: ${job.error.issues[0]?.message}`);
  const { body, ended, progress, result, error, ...rest } = job.data;
  return {
    ...rest,
    body,
    ended,
    progress: progress && { ...progress, secondsLeft: progress.secondsLeft },
    result,
    error,
  };
};

/** It does not answer, or it is another one since. */
const GONE: ReadonlySet<string> = new Set(['SERVER_UNREACHABLE', 'SERVER_SLOW', 'JOB_UNKNOWN']);

const lost = (id: string, place: string, cause: unknown) =>
  new RollcallError(
    'JOB_LOST',
    `${place} no longer tells of job ${id}: ${cause instanceof Error ? cause.message : cause}`,
    'If that Rollcall ended, nothing changed: start it, and run this again. If it runs, GET /v1/jobs lists its jobs.',
    { cause },
  );
