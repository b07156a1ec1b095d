import type { World } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import { type DataDir, type DataDirOptions, openDataDir, openDataDirBeside } from '@rollcall/projector-service/list';
import type { Logger } from 'pino';
import type { EventStoreEngine } from '../settings/engines.ts';

export type OneLogEngine = { is: 'embedded' } | EventStoreEngine;

/** The list and its log, for the one process that writes both; on this disk, or with the log in EventStoreDB. */
export const openList = (
  engine: OneLogEngine,
  options: DataDirOptions & { retain?: number | undefined; logger: Logger },
): Promise<DataDir> =>
  engine.is === 'embedded'
    ? openDataDir(options)
    : openDataDirBeside({ ...options, open: () => openEventStore(engine, { ...options, mode: 'write' }) });

/** Its client is read only where there is such a log. */
export const openEventStore = async (
  { connection }: EventStoreEngine,
  {
    world,
    mode,
    retain,
    logger,
  }: { world: World; mode: 'write' | 'read'; retain?: number | undefined; logger: Logger },
): Promise<EventLog> => {
  const { openEventStoreLog } = await import('@rollcall/event-log/eventstore');
  return openEventStoreLog({
    connection,
    world,
    mode,
    ...(retain !== undefined && { retain }),
    stalled: (error) => {
      if (error) logger.warn(`The event log is not heard just now: ${error.message}`);
      else logger.info('The event log is heard again.');
    },
  });
};
