import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { Broker, Cluster } from 'kafkajs';
import { isOffsetOutOfRange } from './kafka-errors.ts';
import type { KafkaRecord } from './record.ts';
import type { Resuming } from './resume.ts';

/** How long a broker holds an answer back while there is nothing new, in milliseconds. */
const LONG_POLL_MS = 500;
const PARTITION_BYTES = 512 * 1024;
const FETCH_BYTES = 4 * 1024 * 1024;

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;

type FetchResponse = { responses: { partitions: { partition: number; messages: KafkaRecord[] }[] }[] };

export type FollowOptions = {
  cluster: Cluster;
  topic: string;
  partitions: ReadonlyMap<number, Resuming>;
  world: World;
  /** Why nothing can be read just now; undefined once it can again. */
  problem: (error: unknown) => void;
  /** A partition can be followed no longer. */
  lost: (partition: number, error: RollcallError) => void;
};

/**
 * Reads partitions for as long as it takes: one request at each leader for all its partitions, again at once. Whatever goes
 * wrong, it begins again with what the cluster says now. Kafka keeps no place for it: the mirrors know.
 */
export const follow = (options: FollowOptions): { stop: () => void } => {
  const { cluster, topic, world, problem, lost } = options;
  const following = new Map(options.partitions);
  const stopping = new AbortController();

  const take = (partition: number, records: readonly KafkaRecord[]): void => {
    try {
      following.get(partition)?.take(records);
    } catch (error) {
      if (!(error instanceof RollcallError) || !isForGood(error)) throw error;
      following.delete(partition);
      lost(partition, error);
    }
  };

  const fetchOnce = async (broker: Broker, partitions: readonly number[]): Promise<FetchResponse> => {
    const wanted = partitions.flatMap((partition) => {
      const from = following.get(partition)?.from();
      return from === undefined ? [] : [{ partition, fetchOffset: String(from), maxBytes: PARTITION_BYTES }];
    });
    if (wanted.length === 0) return { responses: [] };
    const limits = { isolationLevel: 0, minBytes: 1, maxBytes: FETCH_BYTES, maxWaitTime: LONG_POLL_MS };
    return broker.fetch({ ...limits, topics: [{ topic, partitions: wanted }] });
  };

  /** Until `round` is over; a broker that has nothing to lead is left. */
  const followLeader = async (leader: string, partitions: readonly number[], round: AbortSignal): Promise<void> => {
    const broker = await cluster.findBroker({ nodeId: leader });
    while (!round.aborted && partitions.some((partition) => following.has(partition))) {
      const { responses } = await fetchOnce(broker, partitions);
      if (round.aborted) return;
      for (const { partition, messages } of responses.flatMap((response) => response.partitions)) {
        take(partition, messages);
      }
      problem(undefined);
    }
  };

  /** Ends when something goes wrong with any of them, or when it is to stop. */
  const followAll = async (): Promise<void> => {
    const round = new AbortController();
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      await cluster.refreshMetadata();
      for (const one of following.values()) one.begin();
      const leaders = Object.entries(cluster.findLeaderForPartitions(topic, [...following.keys()]));
      const ends = AbortSignal.any([round.signal, stopping.signal]);
      await Promise.all(leaders.map(([leader, partitions]) => followLeader(leader, partitions, ends)));
    } finally {
      round.abort();
    }
  };

  const giveUpOutOfRange = (error: unknown): void => {
    const partition = isOffsetOutOfRange(error);
    const one = partition === undefined ? undefined : following.get(partition);
    if (partition === undefined || !one) return;
    following.delete(partition);
    lost(partition, one.outOfRange());
  };

  const run = async (): Promise<void> => {
    let wait = RETRY_FIRST_MS;
    while (!stopping.signal.aborted && following.size > 0) {
      const since = world.clock.monotonic();
      try {
        await followAll();
      } catch (error) {
        if (stopping.signal.aborted) return;
        giveUpOutOfRange(error);
        problem(error);
      }
      wait = world.clock.monotonic() - since > RETRY_MAX_MS ? RETRY_FIRST_MS : Math.min(wait * 2, RETRY_MAX_MS);
      await world.scheduler.sleep(wait, stopping.signal);
    }
  };

  void run();
  // What a broker still holds back is not waited for, and not taken.
  return { stop: () => stopping.abort() };
};

/** Trying again would end the same way. What is wrong with this machine's own disk may well pass. */
const isForGood = ({ code }: RollcallError): boolean =>
  ['LOG_DIVERGED', 'LOG_TRUNCATED', 'LOG_FORMAT_UNKNOWN', 'LOG_DAMAGED'].includes(code);
