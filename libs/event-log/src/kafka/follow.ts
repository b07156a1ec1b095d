import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { Cluster } from 'kafkajs';
import { deadBroker, isOffsetOutOfRange } from './kafka-errors.ts';
import { atBroker } from './leader.ts';
import type { KafkaRecord } from './record.ts';
import type { Resuming } from './resume.ts';

/** How long a broker holds an answer back while there is nothing new, in milliseconds. */
const LONG_POLL_MS = 500;
const PARTITION_BYTES = 256 * 1024;
const FETCH_BYTES = 4 * 1024 * 1024;

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;

type FetchResponse = { responses: { partitions: { partition: number; messages: KafkaRecord[] }[] }[] };

export type FollowOptions = {
  cluster: Cluster;
  topic: string;
  partitions: ReadonlyMap<number, Resuming>;
  world: World;
  /** Each time that something could not be read, and why; undefined each time that all could. */
  problem: (error: unknown) => void;
  /** A partition can be followed no longer. */
  lost: (partition: number, error: RollcallError) => void;
};

/**
 * Reads partitions for as long as it takes: at each broker all those that it leads, by one request at a time. A broker that fails
 * holds up nobody else's partitions, and is asked again once the cluster has said who leads now. Kafka keeps no place for it:
 * the mirrors know.
 */
export const follow = (options: FollowOptions): { stop: () => void } => {
  const { cluster, topic, world, problem, lost } = options;
  const following = new Map(options.partitions);
  const leaders = new Map<number, string>();
  const asking = new Set<string>();
  const failing = new Map<string, unknown>();
  const stopping = new AbortController();
  const { signal } = stopping;

  const ledBy = (broker: string): number[] =>
    [...following.keys()].filter((partition) => leaders.get(partition) === broker);

  const giveUp = (partition: number, error: RollcallError): void => {
    following.delete(partition);
    lost(partition, error);
  };

  const take = (partition: number, records: readonly KafkaRecord[]): void => {
    try {
      following.get(partition)?.take(records);
    } catch (error) {
      if (!(error instanceof RollcallError) || !isForGood(error)) throw error;
      giveUp(partition, error);
    }
  };

  const fetchFrom = (broker: string, partitions: readonly number[]): Promise<FetchResponse> => {
    const wanted = partitions.map((partition) => {
      return { partition, fetchOffset: String(following.get(partition)?.from()), maxBytes: PARTITION_BYTES };
    });
    const limits = { isolationLevel: 0, minBytes: 1, maxBytes: FETCH_BYTES, maxWaitTime: LONG_POLL_MS };
    return atBroker(cluster, broker, (one) => one.fetch({ ...limits, topics: [{ topic, partitions: wanted }] }));
  };

  const readOnce = async (broker: string): Promise<void> => {
    const { responses } = await fetchFrom(broker, ledBy(broker));
    if (signal.aborted) return;
    for (const { partition, messages } of responses.flatMap(({ partitions }) => partitions)) {
      // Another broker may lead it by now and have been read already.
      if (leaders.get(partition) === broker) take(partition, messages);
    }
  };

  const failed = (who: string, error: unknown): void => {
    failing.set(who, error);
    problem(error);
  };
  const works = (who: string): void => {
    failing.delete(who);
    if (failing.size === 0) problem(undefined);
  };

  const giveUpOutOfRange = (error: unknown): void => {
    const partition = isOffsetOutOfRange(error);
    const one = partition === undefined ? undefined : following.get(partition);
    if (partition !== undefined && one) giveUp(partition, one.outOfRange());
  };

  /** For as long as the broker leads any of the partitions. */
  const readAt = async (broker: string): Promise<void> => {
    let wait = RETRY_FIRST_MS;
    while (!signal.aborted && ledBy(broker).length > 0) {
      try {
        await readOnce(broker);
        works(broker);
        wait = RETRY_FIRST_MS;
      } catch (error) {
        if (signal.aborted) return;
        giveUpOutOfRange(error);
        failed(broker, error);
        for (const partition of ledBy(broker)) following.get(partition)?.begin();
        await world.scheduler.sleep(wait, signal);
        wait = Math.min(wait * 2, RETRY_MAX_MS);
        await look();
      }
    }
    asking.delete(broker);
    failing.delete(broker);
  };

  /** Asks the cluster who leads what, and begins to read there. */
  const look = async (): Promise<void> => {
    try {
      await cluster.refreshMetadata();
      if (signal.aborted) return;
      const found = Object.entries(cluster.findLeaderForPartitions(topic, [...following.keys()]));
      for (const [broker, partitions] of found) readThere(broker, partitions);
      failing.delete('');
    } catch (error) {
      const dead = deadBroker(error);
      if (dead) cluster.removeBroker(dead);
      failed('', error);
    }
  };

  const readThere = (broker: string, partitions: readonly number[]): void => {
    for (const partition of partitions) {
      if (leaders.get(partition) !== broker) following.get(partition)?.begin();
      leaders.set(partition, broker);
    }
    if (asking.has(broker)) return;
    asking.add(broker);
    void readAt(broker);
  };

  const begin = async (): Promise<void> => {
    for (let wait = RETRY_FIRST_MS; !signal.aborted && leaders.size === 0; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      await look();
      if (leaders.size === 0) await world.scheduler.sleep(wait, signal);
    }
  };

  void begin();
  // What a broker still holds back is not waited for, and not taken.
  return { stop: () => stopping.abort() };
};

/** Trying again would end the same way. What is wrong with this machine's own disk may well pass. */
const isForGood = ({ code }: RollcallError): boolean =>
  ['LOG_DIVERGED', 'LOG_TRUNCATED', 'LOG_FORMAT_UNKNOWN', 'LOG_DAMAGED'].includes(code);
