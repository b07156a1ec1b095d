import { createJobs } from '@rollcall/api/operations';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import { openEmbeddedLog } from '@rollcall/event-log';
import { type DataDir, startProjection } from '@rollcall/projector-service/list';
import pino from 'pino';
import type { Context } from '../context.ts';
import { type OneLogEngine, openList } from '../engines/open-list.ts';
import { engineOf } from '../engines/settings-log.ts';
import { retainOf } from '../retention.ts';
import { operationsOf } from './all.ts';
import type { Operator } from './operator.ts';

/**
 * Operations run in this process, which takes the data directory for as long: for when no Rollcall runs on it.
 * @throws RollcallError LOG_MISSING, NOT_SERVED, and those of openDataDir
 */
export const ownOperator = async (data: string, { world, terminal, settings }: Context): Promise<Operator> => {
  const engine = await engineOf(settings);
  if (engine.is === 'embedded') await checkThere(data, { world });
  const retain = retainOf({ retain: settings.retain ?? 'default' });
  const dir = await take(engine, data, { world, terminal, retain });
  const projection = startProjection(dir, world, silent);
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

const silent = pino({ level: 'silent' });

/** A directory that is mistyped must not become a new log. */
const checkThere = async (data: string, { world }: Pick<Context, 'world'>): Promise<void> =>
  openEmbeddedLog({ dir: data, world, mode: 'read' }).close();

const take = async (
  engine: OneLogEngine,
  data: string,
  { world, terminal, retain }: Pick<Context, 'world' | 'terminal'> & { retain: number | undefined },
): Promise<DataDir> => {
  try {
    return await openList(engine, { data, world, retain, logger: silent, warn: (line) => terminal.err(`${line}\n`) });
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
