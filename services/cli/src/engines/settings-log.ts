import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type EmbeddedLog, type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import pino from 'pino';
import type { ReadingSettings } from '../context.ts';
import { enginesOf } from '../settings/engines.ts';
import { notThisLog } from './embedded-only.ts';
import { openLogToRead } from './log-to-read.ts';
import type { OneLogEngine } from './open-list.ts';

type Place = { data: string; settings?: ReadingSettings | undefined; world: World };

/**
 * The engine of the log that the settings name, where it has one order.
 * @throws RollcallError LOG_HAS_PARTITIONS for one in Kafka, SETTINGS_WRONG
 */
export const engineOf = async (settings: ReadingSettings | undefined): Promise<OneLogEngine> => {
  const { log = 'embedded', logPartitions = 1 } = settings ?? {};
  const engines = await enginesOf({ ...settings, log, logPartitions, publish: undefined });
  if (engines.log.is !== 'kafka') return engines.log;
  throw new RollcallError(
    'LOG_HAS_PARTITIONS',
    'The log is in Kafka: it has an order in each partition, and none of all, so this command does not read it.',
    'For the list ask a Rollcall that serves it: --url http://127.0.0.1:8099. Each projector checks its partitions by itself; see docs/engines.md.',
  );
};

/** The log that the settings name, to read beside whoever writes it. @throws RollcallError as engineOf, and those of the log */
export const openSettingsLog = async ({ data, settings, world }: Place): Promise<EventLog> => {
  return openLogToRead(await engineOf(settings), { data, world, logger: pino({ level: 'silent' }) });
};

/**
 * For what only the log in a data directory can do.
 * @throws RollcallError NOT_THIS_LOG where the settings name one on a server
 */
export const openDirLog = ({ data, settings, world }: Place, what: string): EmbeddedLog => {
  if ((settings?.log ?? 'embedded') !== 'embedded') throw notThisLog(what, INSTEAD);
  return openEmbeddedLog({ dir: data, world, mode: 'read' });
};

const INSTEAD =
  "Use the server's own tools (docs/engines.md). For a data directory beside it say ROLLCALL_LOG=embedded.";
