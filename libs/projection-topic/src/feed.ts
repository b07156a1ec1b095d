import type { World } from '@rollcall/clock';
import type { RollcallError } from '@rollcall/errors';
import { clusterOf, isOfType, type KafkaConnection } from '@rollcall/kafka';
import type { Cluster } from 'kafkajs';
import { type Copy, createCopy, isCovered, momentOf, noteRead } from './copy.ts';
import { explain } from './explain.ts';
import { type Batch, follow } from './follow.ts';
import { clientOf } from './kafka.ts';
import { keepTrying } from './keep-trying.ts';
import { type Extent, extentOf, whyNotResume } from './resume.ts';
import { tombstoneLifetime } from './retention.ts';
import type { createRecordTaker, Taken } from './take-records.ts';
import type { TopicNames } from './topic.ts';

export type FeedOptions = {
  kafka: KafkaConnection;
  topics: TopicNames;
  world: World;
  signal: AbortSignal;
  /** A copy to go on from. */
  begun: Copy | undefined;
  takeRecords: ReturnType<typeof createRecordTaker>;
  /** Another copy is complete: it takes the place of the one before. */
  show: (copy: Copy) => void;
  /** The copy that is shown has changed. */
  changed: (taken: Taken) => void;
  /** A copy is given up, and why: a new one is read from the beginning, while the old one is still shown. */
  givenUp: (why: string) => void;
  /** Why nothing can be read just now; undefined when it can. */
  problem: (problem: RollcallError | undefined) => void;
};

/**
 * For how long, in milliseconds, a new copy that no checkpoint covers yet does not take the old one's place: who publishes is still filling
 * a topic that was made again.
 */
const HOLD_BACK_MS = 60_000;

/**
 * Follows both topics until `signal` aborts. Whatever goes wrong, it connects anew and reads on from where it was; where that would
 * leave something out, it reads a new copy from the beginning.
 */
export const runFeed = async (options: FeedOptions): Promise<void> => {
  const { kafka, topics, world, signal, takeRecords, show, changed, givenUp, problem } = options;
  let shown: Copy | undefined;
  let copy = options.begun;
  /** Partitions that a copy which is not yet shown has still to read up to their ends. */
  let left = new Set<string>();
  let lost: string | undefined;
  /** When the copy that is read was begun. */
  let begunAt = 0;

  const take = (reading: Copy, ends: Extent['ends'], batch: Batch): void => {
    const taken = takeRecords(reading, batch);
    noteRead(reading, batch, momentOf(world.clock));
    problem(undefined);
    if (reading === shown) {
      changed(taken);
      return;
    }
    const { topic, partition, next } = batch;
    if (next >= (ends.get(topic)?.get(partition) ?? 0)) left.delete(`${topic}/${partition}`);
    showWhenComplete(reading);
  };

  const showWhenComplete = (reading: Copy): void => {
    if (left.size > 0 || reading === shown) return;
    const isHeldBack = shown && !isCovered(reading, topics.channels);
    if (isHeldBack && world.clock.monotonic() - begunAt < HOLD_BACK_MS) return;
    shown = reading;
    show(reading);
  };

  const toReadOn = async (cluster: Cluster, extent: Extent): Promise<Copy> => {
    const retention = await tombstoneLifetime(kafka, topics.channels);
    const now = momentOf(world.clock);
    const why = copy && (lost ?? (await whyNotResume(cluster, copy, extent, { retention, now })));
    lost = undefined;
    if (copy && why === undefined) return copy;
    if (why !== undefined) givenUp(why);
    begunAt = now.monotonic;
    return createCopy(new Map([...extent.oldest].map(([topic, offsets]) => [topic, new Map(offsets)])), now);
  };

  const session = async (): Promise<void> => {
    const cluster = clusterOf(clientOf(kafka));
    try {
      await cluster.connect();
      const extent = await extentOf(cluster, [topics.channels, topics.status]);
      const reading = await toReadOn(cluster, extent);
      copy = reading;
      left = unread(reading, extent);
      showWhenComplete(reading);
      await follow({ cluster, places: reading.places, signal, take: (batch) => take(reading, extent.ends, batch) });
    } catch (error) {
      if (isOfType(error, 'OFFSET_OUT_OF_RANGE')) lost = 'its place in the topic is not there any more';
      if (isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) lost = 'the topic was deleted';
      throw error;
    } finally {
      await cluster.disconnect().catch(() => {});
    }
  };

  await keepTrying(session, {
    world,
    signal,
    failed: (error) => problem(explain(error, { brokers: kafka.brokers, topic: topics.channels })),
  });
};

const unread = ({ places }: Copy, { ends }: Extent): Set<string> => {
  const found = new Set<string>();
  for (const [topic, offsets] of ends) {
    for (const [partition, end] of offsets) {
      if ((places.get(topic)?.get(partition) ?? 0) < end) found.add(`${topic}/${partition}`);
    }
  }
  return found;
};
