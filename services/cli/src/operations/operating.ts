import { createJobs, type Job, type Jobs } from '@rollcall/api/operations';
import { errorLine } from '@rollcall/errors';
import type { Logger } from 'pino';
import { operationsOf } from './all.ts';
import type { Operated } from './operated.ts';
import { makeToken } from './operator-token.ts';

/** What a running Rollcall lets operators do, and who they are; undefined where no token can be kept for them. */
export const createOperating = (
  operated: Operated,
  logger: Logger,
): { token: string; jobs: Jobs; log: string } | undefined => {
  try {
    const token = makeToken(operated.data, operated.world.random);
    const jobs = createJobs({
      operations: operationsOf(operated),
      world: operated.world,
      happened: (job) => say(logger, job),
      defect: (error) => logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    });
    return { token, jobs, log: operated.dir.log.id };
  } catch (error) {
    logger.warn(`Nobody can operate this Rollcall: its token cannot be kept. ${errorLine(error)}`);
    return undefined;
  }
};

const say = (logger: Logger, { operation, id, body, state, error }: Job): void => {
  const line = `${operation}: ${state}${error ? `. ${error.code}: ${error.message}` : ''}`;
  const job = { job: id, body };
  if (state === 'failed') logger.warn(job, line);
  // It runs by itself every few minutes, and says when it has dropped something.
  else if (operation === 'retention') logger.debug(job, line);
  else logger.info(job, line);
};
