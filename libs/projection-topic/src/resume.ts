import type { Cluster } from 'kafkajs';
import { ageOf, type Copy, type Moment } from './copy.ts';
import type { Places } from './follow.ts';
import { offsetsOf, partitionsOf } from './offsets.ts';

/** Both topics as they are now: where they begin and where they end, by partition. */
export type Extent = { oldest: Places; ends: Places };

/** @throws RollcallError TOPIC_MISSING; what kafkajs throws */
export const extentOf = async (cluster: Cluster, topics: readonly string[]): Promise<Extent> => {
  const extent: Extent = { oldest: new Map(), ends: new Map() };
  for (const topic of topics) {
    const partitions = await partitionsOf(cluster, topic);
    extent.oldest.set(topic, await offsetsOf(cluster, topic, partitions, 'oldest'));
    extent.ends.set(topic, await offsetsOf(cluster, topic, partitions, 'next'));
  }
  return extent;
};

/**
 * Why a copy cannot be brought up by reading on from its places; undefined when it can.
 * `retention`: how long a tombstone can be read, in milliseconds.
 */
export const whyNotResume = async (
  cluster: Cluster,
  copy: Copy,
  { oldest, ends }: Extent,
  { retention, now }: { retention: number; now: Moment },
): Promise<string | undefined> => {
  const age = ageOf(copy, now);
  if (age >= retention)
    return `it is ${Math.round(age / 1000)} s old, and tombstones can be read for ${retention / 1000} s`;
  for (const [topic, offsets] of ends) {
    const places = copy.places.get(topic);
    if (places?.size !== offsets.size) return `${topic} has another number of partitions now`;
    for (const [partition, place] of places) {
      const where = `${topic}, partition ${partition}`;
      if (place > (offsets.get(partition) ?? 0)) return `${where} is shorter than it was`;
      if (place < (oldest.get(topic)?.get(partition) ?? 0))
        return `records of ${where} were deleted before they were read`;
      const newest = copy.newest.get(topic)?.get(partition);
      if (newest !== undefined && (await isAnother(cluster, topic, partition, place, newest))) {
        return `${where} was deleted and made again`;
      }
    }
  }
  return undefined;
};

/** Whether there is a record before `place` that is newer than all that were read there. */
const isAnother = async (cluster: Cluster, topic: string, partition: number, place: number, newest: number) => {
  const [found] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromTimestamp: newest + 1 }]);
  const first = Number(found?.partitions[0]?.offset ?? -1);
  return first >= 0 && first < place;
};
