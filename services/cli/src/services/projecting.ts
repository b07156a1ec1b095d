import { join } from 'node:path';
import { groupMetrics, listMetrics, type Metrics, publisherMetrics } from '@rollcall/api/metrics';
import type { World } from '@rollcall/clock';
import type { KafkaConnection } from '@rollcall/kafka';
import type { Publisher } from '@rollcall/projection-topic';
import { type Fold, startFold, startPublishing } from '@rollcall/projector-service/list';
import type { Logger } from 'pino';
import { openLogToRead } from '../engines/log-to-read.ts';
import type { OneLogEngine } from '../engines/open-list.ts';
import type { KafkaEngine, LogEngine } from '../settings/engines.ts';
import type { Settings } from '../settings/schema.ts';
import { startTracing } from '../tracing/start.ts';
import { openPatiently } from './patiently.ts';

/** Log → list → topic. */
export type Projecting = {
  problems: () => string[];
  /** What it says of itself, for who watches over it. */
  state: () => object;
  /** Rejects when the log cannot be opened, and waiting does not mend it. */
  opened: Promise<void>;
  stop: () => Promise<void>;
};

export type ProjectingOptions = {
  settings: Settings;
  publish: KafkaConnection;
  metrics: Metrics;
  world: World;
  logger: Logger;
};

/** A log in Kafka is shared among several projectors; another one is one projector's. Returns at once: a server may be away. */
export const startProjecting = (options: ProjectingOptions & { engine: LogEngine }): Projecting => {
  const { engine } = options;
  return engine.is === 'kafka' ? projectAsMember(engine, options) : projectAlone(engine, options);
};

const projectAlone = (engine: OneLogEngine, options: ProjectingOptions): Projecting => {
  const { settings, publish, metrics, world, logger } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const begun: (() => Promise<void>)[] = [];
  let fold: Fold | undefined;
  let publisher: Publisher | undefined;
  let problem: string | undefined = 'The event log is not open yet.';

  const begin = async (): Promise<void> => {
    const log = await openPatiently(() => openLogToRead(engine, { data: settings.data, world, logger }), {
      world,
      signal,
      problem: ({ line }) => {
        problem = line;
        logger.warn(`Waiting for the event log. ${line}`);
      },
    });
    begun.push(log.close);
    const tracing = await startTracing(process.env, world);
    if (tracing) begun.push(tracing.close);
    fold = await startFold(tracing ? tracing.reads(log) : log, world, (line) => logger.warn(line));
    begun.push(fold.stop);
    const { cache, onCommit } = fold;
    publisher = await startPublishing({ kafka: publish, log: log.id, cache, onCommit, world, logger });
    begun.push(publisher.close);
    listMetrics(metrics, { cache, clock: world.clock, staleAfter: settings.staleAfter, log });
    publisherMetrics(metrics, publisher.state);
    problem = undefined;
  };
  const opened = begin();
  opened.catch(() => {}); // Who waits for it is told.

  return {
    problems: () => [problem, fold?.problem(), publisher?.state().problem?.line].filter((line) => line !== undefined),
    state: () => ({
      ...(fold && { position: fold.cache.checkpoint, channels: fold.cache.size }),
      ...(publisher && { publishing: published(publisher) }),
    }),
    opened,
    stop: async () => {
      stopping.abort();
      await opened.catch(() => {});
      for (const end of begun.reverse()) await end();
    },
  };
};

const published = (publisher: Publisher): object => {
  const { problem, ...state } = publisher.state();
  return { ...state, problem: problem?.line };
};

const projectAsMember = (
  { connection }: KafkaEngine,
  { settings, publish, metrics, world, logger }: ProjectingOptions,
): Projecting => {
  const starting = import('@rollcall/projector-service').then(({ startGroup }) =>
    startGroup({
      kafka: publish,
      log: { dir: join(settings.data, 'projector'), kafka: connection },
      world,
      onProblem: (problem) => {
        if (problem) logger.warn(`The topic is not published just now: ${problem.line}`);
        else logger.info('The topic is published.');
      },
      onPartitions: (partitions) => {
        const kept = partitions.map(({ partition, phase }) => `${partition} ${phase}`).join(', ');
        logger.info(`Partitions of this projector: ${kept || 'none'}`);
      },
      onWarning: (line) => logger.warn(line),
    }),
  );
  let group: Awaited<typeof starting> | undefined;
  const opened = starting.then((started) => {
    group = started;
    groupMetrics(metrics, { partitions: started.partitions, counters: () => started.counters });
  });
  opened.catch(() => {}); // Who waits for it is told.
  return {
    problems: () => (group ? [group.problem()?.line].filter((line) => line !== undefined) : ['It is just starting.']),
    state: () => ({
      partitions: group?.partitions().map(({ problem, ...state }) => ({ ...state, problem: problem?.line })),
      counters: group?.counters,
    }),
    opened,
    stop: async () => (await starting.catch(() => undefined))?.stop(),
  };
};
