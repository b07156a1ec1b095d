import type { World } from '@rollcall/clock';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import type { Logger } from 'pino';
import { type OneLogEngine, openEventStore } from './open-list.ts';

/**
 * A log that another process writes: in the data directory of that process, or in EventStoreDB.
 * @throws RollcallError LOG_MISSING, LOG_UNAVAILABLE and the others of the log
 */
export const openLogToRead = async (
  engine: OneLogEngine,
  { data, world, logger }: { data: string; world: World; logger: Logger },
): Promise<EventLog> =>
  engine.is === 'embedded'
    ? openEmbeddedLog({ dir: data, world, mode: 'read' })
    : openEventStore(engine, { world, mode: 'read', logger });
