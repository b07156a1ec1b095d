import type { World } from '@rollcall/clock';
import { isOfType } from '@rollcall/kafka';
import type { Broker, Cluster } from 'kafkajs';
import { canPass, deadBroker } from './kafka-errors.ts';

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 1_000;

/**
 * Asks the broker `node`. kafkajs keeps a connection on which nothing comes any more, and asks there again and again; here such
 * a broker is dropped with its connections, so that the next try makes new ones.
 */
export const atBroker = async <T>(cluster: Cluster, node: string, ask: (broker: Broker) => Promise<T>): Promise<T> => {
  const broker = await cluster.findBroker({ nodeId: node });
  try {
    return await ask(broker);
  } catch (error) {
    const dead = deadBroker(error);
    if (dead) {
      cluster.removeBroker(dead);
      broker.disconnect().catch(() => {});
    }
    throw error;
  }
};

/** Asks whoever leads the partition now. */
export const atLeader = async <T>(
  cluster: Cluster,
  topic: string,
  partition: number,
  ask: (broker: Broker) => Promise<T>,
): Promise<T> => {
  const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  return atBroker(cluster, leader ?? '', ask);
};

/**
 * Tries again what may pass by itself, with what the cluster says by then, until so many milliseconds are over: a partition
 * that has lost its leader has the next one after some ten seconds.
 */
export const insisting = async <T>(
  cluster: Cluster,
  { clock, scheduler }: World,
  patience: number,
  work: () => Promise<T>,
): Promise<T> => {
  const end = clock.monotonic() + patience;
  let diskError: unknown;
  for (let wait = RETRY_FIRST_MS; ; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
    try {
      return await work();
    } catch (error) {
      // A broker without a disk says so once and ends: from then on it only cannot be reached.
      if (isOfType(error, 'KAFKA_STORAGE_ERROR')) diskError = error;
      if (!canPass(error) || clock.monotonic() + wait > end) throw diskError ?? error;
    }
    await scheduler.sleep(wait);
    try {
      await cluster.refreshMetadata();
    } catch (error) {
      const dead = deadBroker(error);
      if (dead) cluster.removeBroker(dead);
    }
  }
};
