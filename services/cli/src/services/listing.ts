import { join } from 'node:path';
import type { ApiOptions } from '@rollcall/api';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type EventLog, makeDirectory } from '@rollcall/event-log';
import type { KafkaConnection } from '@rollcall/kafka';
import { tell } from '@rollcall/projector';
import { type Fold, startFold } from '@rollcall/projector-service/list';
import { createMemoryCache } from '@rollcall/state-cache';
import type { Logger } from 'pino';
import { openLogToRead } from '../engines/log-to-read.ts';
import type { OneLogEngine } from '../engines/open-list.ts';
import type { Engines, LogEngine } from '../settings/engines.ts';
import { settingsWrong } from '../settings/settings-wrong.ts';
import { viewAt } from '../view.ts';
import { followView } from './follow-view.ts';
import { onceReady } from './once-ready.ts';
import { openPatiently } from './patiently.ts';

/** A list to serve, that another process makes. */
export type Listing = Pick<ApiOptions, 'cache' | 'at' | 'follow' | 'log'> & {
  problems: () => string[];
  /** Rejects when it cannot be read, and waiting does not mend it. */
  opened: Promise<unknown>;
  stop: () => Promise<void>;
};

export type ListingOptions = { data: string; world: World; logger: Logger };

/** @throws RollcallError KAFKA_SETTINGS */
export const startListing = async ({ log, publish }: Engines, options: ListingOptions): Promise<Listing> => {
  if (publish) return listTopic(publish, log, options);
  // With a log in Kafka the list is published, always.
  if (log.is === 'kafka') throw settingsWrong('publish is not given');
  return listLog(log, options);
};

/** From the projection topic; the past from the log, where that can be read here. */
const listTopic = async (
  kafka: KafkaConnection,
  engine: LogEngine,
  { data, world, logger }: ListingOptions,
): Promise<Listing> => {
  makeDirectory(data);
  const { openChannelView, viewCache } = await import('@rollcall/projection-topic');
  const view = openChannelView({
    ...kafka,
    image: join(data, 'view.image'),
    world,
    onProblem: (problem) => {
      if (problem) logger.warn(`The topic cannot be read just now: ${problem.line}`);
      else logger.info('The topic is read.');
    },
    onWarning: ({ line }) => logger.warn(line),
  });
  let log: Promise<EventLog> | undefined;
  const cache = viewCache(view);
  return {
    cache: onceReady(cache, () => view.isReady),
    follow: followView(view, cache, world),
    at: async (moment) => {
      if (engine.is === 'kafka') throw noPast('A log in Kafka has an order for each partition, and no moment of all.');
      log ??= openLogToRead(engine, { data, world, logger });
      const opened = await log.catch((error) => {
        log = undefined;
        throw noPast(error instanceof RollcallError ? error.message : String(error));
      });
      return viewAt(opened, moment, world);
    },
    problems: () => [
      ...(view.isReady ? [] : ['The topic is not read to its end yet.']),
      ...[view.problem()?.line].filter((line) => line !== undefined),
    ],
    opened: Promise.resolve(),
    stop: async () => {
      await view.close();
      await (await log?.catch(() => undefined))?.close();
    },
  };
};

const noPast = (why: string) =>
  new RollcallError(
    'AT_NOT_HERE',
    `The past is told by the event log, which cannot be read here. ${why}`,
    'Ask for now.',
  );

/** From the log itself, which this process folds. */
const listLog = (engine: OneLogEngine, { data, world, logger }: ListingOptions): Listing => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const cache = createMemoryCache();
  let log: EventLog | undefined;
  let fold: Fold | undefined;
  let problem: string | undefined = 'The event log is not read yet.';
  const begin = async (): Promise<void> => {
    log = await openPatiently(() => openLogToRead(engine, { data, world, logger }), {
      world,
      signal,
      problem: ({ line }) => {
        problem = line;
        logger.warn(`Waiting for the event log. ${line}`);
      },
    });
    fold = await startFold(log, world, (line) => logger.warn(line), cache);
    problem = undefined;
  };
  const opened = begin();
  opened.catch(() => {}); // Who waits for it is told.
  const isReady = (): boolean => fold !== undefined;
  const read = (): EventLog => {
    if (log && isReady()) return log;
    throw new RollcallError('LIST_NOT_READY', problem ?? 'The list is not read yet.', 'Ask again; /readyz says when.');
  };
  return {
    cache: onceReady(cache, isReady),
    follow: (from, reader, turn) => tell(read(), from ?? cache.checkpoint, reader, turn),
    at: async (moment) => viewAt(read(), moment, world),
    log: {
      head: async () => read().head(),
      compactedTo: async () => read().compactedTo(),
      readStream: (stream, from) => read().readStream(stream, from),
    },
    problems: () => [problem, fold?.problem()].filter((line) => line !== undefined),
    opened,
    stop: async () => {
      stopping.abort();
      await opened.catch(() => {});
      await fold?.stop();
      await log?.close();
    },
  };
};
