import type { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import { openKafkaPartition } from '@rollcall/event-log/kafka';
import type { KafkaConnection } from '@rollcall/kafka';
import { createPublisher, explain, type Publisher, type TopicNames } from '@rollcall/projection-topic';
import { runProjector } from '@rollcall/projector';
import type { CacheReader, StateCache } from '@rollcall/state-cache';
import type { GroupCounters, GroupOptions, PartitionState } from './group-options.ts';
import { restore } from './restore.ts';

export type KeepOptions = Pick<GroupOptions, 'world' | 'surveyEveryMs' | 'onWarning'> & {
  kafka: KafkaConnection;
  topics: TopicNames;
  log: { kafka: KafkaConnection; dir: string; topic: string };
  partition: number;
  /** Partitions that log and projection topic have. */
  partitions: number;
  counters: GroupCounters;
  /** Whether this process may publish still. */
  mayPublish: () => boolean;
  /** Something of `state` is otherwise than before. */
  changed: () => void;
};

export type Keeper = {
  state: () => PartitionState;
  cache: () => CacheReader | undefined;
  /** From now on the partition is this process's. */
  publish: () => void;
  /** It is not, or may not be: resolves once nothing is in flight. The list is kept up with the log all the same. */
  hold: () => Promise<void>;
  stop: () => Promise<void>;
};

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

/** Follows one partition of the log, and publishes it while it is this process's. What fails is told and begun again. */
export const keepPartition = (options: KeepOptions): Keeper => {
  const { kafka, topics, partition, partitions, counters, world, mayPublish, changed, surveyEveryMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const problems: { log?: RollcallError; publisher?: RollcallError; session?: RollcallError } = {};
  let isOurs = false;
  let log: EventLog | undefined;
  let cache: StateCache | undefined;
  let publisher: Publisher | undefined;
  let closing: Promise<void> = Promise.resolve();

  const tell = (who: keyof typeof problems, problem: RollcallError | undefined): void => {
    if (problem) problems[who] = problem;
    else delete problems[who];
    changed();
  };

  const begin = (): void => {
    if (!isOurs || publisher || !log || !cache || signal.aborted) return;
    publisher = createPublisher({
      kafka,
      log: log.id,
      cache,
      world,
      topics,
      partitions,
      partition,
      mayPublish,
      ...(surveyEveryMs && { surveyEveryMs }),
      onProblem: (problem) => tell('publisher', problem),
    });
  };

  const end = (): Promise<void> => {
    const ending = publisher;
    publisher = undefined;
    if (!ending) return closing;
    closing = ending.close().then(() => {
      counters.snapshots += ending.state().snapshots;
      counters.tombstones += ending.state().tombstones;
      tell('publisher', undefined);
    });
    return closing;
  };

  const session = async (): Promise<void> => {
    const opened = await open(options, signal, (problem) => tell('log', problem));
    if (!opened) return;
    try {
      const restored = await restore({ kafka, topics, partition, log: opened, signal, counters });
      counters.restored++;
      [log, cache] = [opened, restored];
      begin();
      tell('session', undefined);
      const committed = publishTo(() => publisher);
      await runProjector({ log: opened, cache: restored, signal, counters, committed });
    } finally {
      await end();
      [log, cache] = [undefined, undefined];
      await opened.close();
    }
  };

  const run = async (): Promise<void> => {
    for (let wait = RETRY_FIRST_MS; !signal.aborted; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      const since = world.clock.monotonic();
      try {
        await session();
      } catch (error) {
        if (signal.aborted) return;
        counters.restarts++;
        tell('session', explain(error, { brokers: kafka.brokers, topic: topics.channels }));
        if (world.clock.monotonic() - since > RETRY_MAX_MS) wait = RETRY_FIRST_MS;
        await world.scheduler.sleep(wait, signal);
      }
    }
  };
  const running = run();

  return {
    state: () => ({
      partition,
      phase: !cache ? 'restoring' : isOurs ? 'projecting' : 'waiting',
      position: cache?.checkpoint ?? 0,
      published: publisher?.state().position,
      channels: cache?.size ?? 0,
      setAside: cache ? [...cache.quarantine()].length : 0,
      foreign: publisher?.state().foreign ?? [],
      problem: problems.session ?? problems.log ?? problems.publisher,
    }),
    cache: () => cache,
    publish: () => {
      isOurs = true;
      begin();
      changed();
    },
    hold: () => {
      isOurs = false;
      return end();
    },
    stop: async () => {
      isOurs = false;
      await end();
      stopping.abort();
      await running;
    },
  };
};

const publishTo =
  (publisher: () => Publisher | undefined) =>
  (changes: Parameters<Publisher['publish']>[0]): void =>
    void publisher()?.publish(changes);

/** Undefined where the partition is given up meanwhile: what is being opened is closed then. */
const open = async (
  { log, partition, partitions, world, onWarning }: KeepOptions,
  signal: AbortSignal,
  problem: (problem: RollcallError | undefined) => void,
): Promise<EventLog | undefined> => {
  const { kafka, dir, topic } = log;
  const warn = onWarning && { warn: onWarning };
  const opening = openKafkaPartition({ ...kafka, dir, topic, partition, partitions, world, problem, ...warn });
  const givenUp = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const opened = await Promise.race([opening, givenUp]);
  if (!opened) void opening.then((late) => late.close()).catch(() => {});
  return opened;
};
