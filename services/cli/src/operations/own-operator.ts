import { createJobs } from '@rollcall/api';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import { openEmbeddedLog } from '@rollcall/event-log';
import { type DataDir, openDataDir, startProjection } from '@rollcall/projector-service/list';
import pino from 'pino';
import type { Context } from '../context.ts';
import { operationsOf } from './all.ts';
import type { Operator } from './operator.ts';

/**
 * Operations run in this process, which takes the data directory for as long: for when no Rollcall runs on it.
 * @throws RollcallError LOG_MISSING, NOT_SERVED, and those of openDataDir
 */
export const ownOperator = async (data: string, { world, terminal }: Context): Promise<Operator> => {
  await checkThere(data, { world });
  const dir = await take(data, { world, terminal });
  const projection = startProjection(dir, world, pino({ level: 'silent' }));
  const jobs = createJobs({
    operations: operationsOf({
      data,
      dir,
      projection,
      sessions: () => undefined,
      retention: undefined,
      publisher: undefined,
      world,
    }),
    world,
  });
  return {
    start: async (operation, body) => jobs.start(operation, body),
    follow: (id, tell) =>
      new Promise((resolve) => {
        jobs.watch(id, (job) => (job.state === 'running' ? tell(job) : resolve(job)));
      }),
    stop: async (id) => void jobs.stop(id),
    close: async () => {
      await jobs.close();
      await projection.stop();
      await dir.close();
    },
  };
};

/** A directory that is mistyped must not become a new log. */
const checkThere = async (data: string, { world }: Pick<Context, 'world'>): Promise<void> =>
  openEmbeddedLog({ dir: data, world, mode: 'read' }).close();

const take = async (data: string, { world, terminal }: Pick<Context, 'world' | 'terminal'>): Promise<DataDir> => {
  try {
    return await openDataDir({ data, world, warn: (line) => terminal.err(`${line}\n`) });
  } catch (error) {
    if (!isRollcallError(error, 'DATA_DIR_IN_USE')) throw error;
    throw new RollcallError(
      'NOT_SERVED',
      `${error.message} It serves no HTTP, so it cannot be asked.`,
      'If it is just starting, or imports, wait. If its HTTP is off, start it with --http, or stop it and run this again.',
      { cause: error },
    );
  }
};
