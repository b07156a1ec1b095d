import type { RollcallError } from '@rollcall/errors';
import { checkConnection, joinGroup } from '@rollcall/kafka';
import { TOPICS } from '@rollcall/projection-topic';
import type { CacheReader } from '@rollcall/state-cache';
import type { GroupCounters, GroupOptions, PartitionState } from './group-options.ts';
import { groupProblem } from './group-problem.ts';
import { type Keeper, keepPartition } from './keep-partition.ts';

export type ProjectorGroup = {
  /** Those that this process keeps now. */
  partitions: () => PartitionState[];
  /** What needs somebody: of the membership first, then of the partitions. Undefined: all is well. */
  problem: () => RollcallError | undefined;
  readonly counters: GroupCounters;
  /** The list of a partition that this process keeps. */
  cache: (partition: number) => CacheReader | undefined;
  /** Publishes what is left, for five seconds at most, and leaves: others take over at once. */
  stop: () => Promise<void>;
};

const SESSION_MS = 10_000;

/**
 * One of several projectors that share the partitions of a Kafka log: it keeps those that the consumer group gives it, publishes them to
 * the same partitions of the projection topic, and gives one away only when nothing of it is in flight any more. Whatever
 * goes wrong is told, and tried again until it is right.
 * @throws RollcallError KAFKA_SETTINGS
 */
export const startGroup = (options: GroupOptions): ProjectorGroup => {
  const { kafka, world, topics = TOPICS, group = 'rollcall.projectors', sessionMs = SESSION_MS } = options;
  const { onProblem, onPartitions, onWarning, surveyEveryMs, signal } = options;
  const log = { topic: 'rollcall.events', kafka, ...options.log };
  checkConnection(kafka);
  checkConnection(log.kafka);
  const counters = emptyCounters();
  const keepers = new Map<number, Keeper>();
  const leaving = new Set<Promise<void>>();
  let notInGroup: RollcallError | undefined;
  let told: { problem: RollcallError | undefined; partitions: string } = { problem: undefined, partitions: '' };

  const partitions = (): PartitionState[] =>
    [...keepers.values()].map((keeper) => keeper.state()).sort((a, b) => a.partition - b.partition);
  const problem = (): RollcallError | undefined =>
    notInGroup ?? partitions().find((partition) => partition.problem)?.problem;

  const tell = (): void => {
    const before = told;
    const states = partitions();
    const summary = states.map(({ partition, phase }) => `${partition} ${phase}`).join();
    told = { problem: problem(), partitions: summary };
    if (before.partitions !== summary) onPartitions?.(states);
    if (before.problem?.line !== told.problem?.line) onProblem?.(told.problem);
  };

  const letGo = (partition: number, keeper: Keeper): void => {
    keepers.delete(partition);
    const stopped = keeper.stop().finally(() => leaving.delete(stopped));
    leaving.add(stopped);
  };

  const assigned = (given: readonly number[], of: number): void => {
    counters.rebalances++;
    for (const [partition, keeper] of keepers) if (!given.includes(partition)) letGo(partition, keeper);
    for (const partition of given) {
      const keeper =
        keepers.get(partition) ??
        keepPartition({
          kafka,
          topics,
          log,
          partition,
          partitions: of,
          world,
          counters,
          mayPublish: () => membership.holds(),
          changed: tell,
          ...(surveyEveryMs && { surveyEveryMs }),
          ...(onWarning && { onWarning }),
        });
      keepers.set(partition, keeper);
      keeper.publish();
    }
    tell();
  };

  const membership = joinGroup({
    kafka: log.kafka,
    group,
    topic: log.topic,
    sessionMs,
    world,
    owned: () => [...keepers.keys()],
    assigned,
    revoked: async () => {
      await Promise.all([...keepers.values()].map((keeper) => keeper.hold()));
      tell();
    },
    progress: () =>
      partitions().flatMap(({ partition, published }) =>
        published === undefined ? [] : [[partition, published] as const],
      ),
    problem: (error) => {
      notInGroup = error === undefined ? undefined : groupProblem(error, { ...log.kafka, topic: log.topic, group });
      tell();
    },
  });

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await membership.stop();
      for (const [partition, keeper] of keepers) letGo(partition, keeper);
      await Promise.all(leaving);
    })();
    return stopping;
  };
  if (signal?.aborted) void stop();
  signal?.addEventListener('abort', () => void stop(), { once: true });

  return {
    partitions,
    problem,
    get counters() {
      return counters;
    },
    cache: (partition) => keepers.get(partition)?.cache(),
    stop,
  };
};

const emptyCounters = (): GroupCounters => ({
  applied: 0,
  duplicates: 0,
  gaps: 0,
  refused: 0,
  waiting: 0,
  snapshots: 0,
  tombstones: 0,
  restored: 0,
  restarts: 0,
  rebalances: 0,
});
