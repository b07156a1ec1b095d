import { join } from 'node:path';
import type { Channel } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { type EventLog, openEmbeddedLog } from '@rollcall/event-log';
import { openSpooledLog, type SessionOptions, type SpoolState } from '@rollcall/ingest';
import { type Fold, startFold } from '@rollcall/projector-service/list';
import type { Logger } from 'pino';
import { openEventStore } from '../engines/open-list.ts';
import { retainOf } from '../retention.ts';
import type { EventStoreEngine, KafkaEngine, LogEngine } from '../settings/engines.ts';
import type { Settings } from '../settings/schema.ts';

/** A log as the ingest writes it, and what is live by it. */
export type OpenIngestLog = {
  /** The log's identity. */
  id: string;
  log: SessionOptions['log'];
  unplaced: SessionOptions['unplaced'];
  listed: () => Iterable<Channel>;
  setAside: () => Iterable<string>;
  /** Undefined where nothing needs a spool: the log is on this disk. */
  spool: (() => SpoolState) | undefined;
  /** Why what is live cannot be told just now. */
  problems: () => string[];
  close: () => Promise<void>;
};

export type IngestLogOptions = {
  engine: LogEngine;
  settings: Settings;
  world: World;
  logger: Logger;
  /** Ends the waiting for a log on a server. */
  signal: AbortSignal;
  /** Told what a log in Kafka cannot be read for just now. */
  problem: (line: string | undefined) => void;
};

/**
 * Opens the log for writing. One on a server gets a spool before it, in `DATA/spool`; while it is away this waits.
 * @throws RollcallError what waiting does not mend
 */
export const openIngestLog = async (options: IngestLogOptions): Promise<OpenIngestLog> => {
  const { engine, settings, world } = options;
  if (engine.is === 'embedded') {
    const log = openEmbeddedLog({ dir: settings.data, world });
    return live([log], { ...options, log, unplaced: undefined, spool: undefined, close: log.close });
  }
  return engine.is === 'kafka' ? inKafka(engine, options) : inEventStore(engine, options);
};

const inEventStore = async (engine: EventStoreEngine, options: IngestLogOptions): Promise<OpenIngestLog> => {
  const { world, logger, settings } = options;
  const { remote, log, unplaced, state, close } = await openSpooledLog({
    ...spoolOptions(options),
    open: () => openEventStore(engine, { world, mode: 'write', retain: retainOf(settings), logger }),
  });
  return live([remote], { ...options, log, unplaced, spool: state, close });
};

const inKafka = async ({ connection, ...topic }: KafkaEngine, options: IngestLogOptions): Promise<OpenIngestLog> => {
  const { world, logger, settings, problem } = options;
  const { openKafkaLog } = await import('@rollcall/event-log/kafka');
  const { remote, log, unplaced, state, close } = await openSpooledLog({
    ...spoolOptions(options),
    open: () =>
      openKafkaLog({
        ...connection,
        partitions: topic.partitions,
        ...(topic.replication && { replication: topic.replication }),
        dir: join(settings.data, 'kafka'),
        world,
        problem: (error) => problem(error?.line),
        warn: (line) => logger.warn(line),
      }),
  });
  const partitions = Array.from({ length: remote.partitions }, (_, number) => remote.partition(number));
  return live(partitions, { ...options, log, unplaced, spool: state, close });
};

export const spoolOptions = ({
  settings,
  world,
  logger,
  signal,
}: Pick<IngestLogOptions, 'settings' | 'world' | 'logger' | 'signal'>) => ({
  dir: join(settings.data, 'spool'),
  bounds: { maxBytes: settings.spoolSize, maxAge: settings.spoolAge, whenFull: settings.spoolFull },
  world,
  say: { info: (line: string) => logger.info(line), warn: (line: string) => logger.warn(line) },
  signal,
});

type Opened = Pick<OpenIngestLog, 'log' | 'unplaced' | 'spool' | 'close'> & { world: World; logger: Logger };

/** A PBX's channels may be in any partition, and its own stream in each: every one has its part of the list. */
const live = async (orders: readonly EventLog[], opened: Opened): Promise<OpenIngestLog> => {
  const { world, logger, log, unplaced, spool, close } = opened;
  const folds: Fold[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(folds.map(({ stop }) => stop()));
    await close();
  };
  try {
    for (const order of orders) folds.push(await startFold(order, world, (line) => logger.warn(line)));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    id: orders[0]?.id ?? '',
    ...{ log, unplaced, spool },
    listed: () => folds.flatMap(({ cache }) => [...cache.list()]),
    setAside: () => folds.flatMap(({ cache }) => [...cache.quarantine()].map(({ stream }) => stream)),
    problems: () => folds.flatMap(({ problem }) => problem() ?? []),
    close: end,
  };
};
