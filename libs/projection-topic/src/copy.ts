import type { Clock } from '@rollcall/clock';
import type { Batch, Places } from './follow.ts';
import { channelKey, partitioning } from './partition.ts';
import type { ChannelSnapshot, PbxSnapshot } from './snapshot.ts';
import { createStatusTable, type StatusTable } from './status-table.ts';
import { createTable, type Table } from './table.ts';

/**
 * A moment on both clocks, in milliseconds: the one stands still while the machine sleeps, the other may be set back; time that has passed
 * is what either says.
 */
export type Moment = { wall: number; monotonic: number };

export const momentOf = (clock: Clock, ago = 0): Moment => {
  return { wall: clock.now() - ago, monotonic: clock.monotonic() - ago };
};

/** What was read of both topics, and how far. */
export type Copy = {
  channels: Table;
  status: StatusTable;
  places: Places;
  /** By topic and partition: the latest timestamp of a record that was read, in milliseconds since 1970. */
  newest: Map<string, Map<number, number>>;
  /** By topic and partition: when there was nothing more to read, or else when reading began. */
  completeAt: Map<string, Map<number, Moment>>;
};

/** An empty copy, to be read from `places` on. What is over from `now` on leaves a tombstone to read. */
export const createCopy = (places: Places, now: Moment): Copy => ({
  channels: createTable(),
  status: createStatusTable(),
  places,
  newest: new Map([...places.keys()].map((topic) => [topic, new Map()])),
  completeAt: new Map(
    [...places].map(([topic, offsets]) => [topic, new Map([...offsets.keys()].map((one) => [one, now]))]),
  ),
});

/** After a batch was taken into the copy. */
export const noteRead = (copy: Copy, { topic, partition, records, next, end }: Batch, now: Moment): void => {
  const newest = copy.newest.get(topic);
  for (const { timestamp } of records) newest?.set(partition, Math.max(timestamp, newest.get(partition) ?? 0));
  if (next >= end) copy.completeAt.get(topic)?.set(partition, now);
};

/**
 * How long ago, in milliseconds, the copy was known to lack nothing that tombstones would not tell. Who comes back after a tombstone's
 * lifetime does not learn that a channel is over.
 */
export const ageOf = ({ completeAt }: Copy, now: Moment): number => {
  const moments = [...completeAt.values()].flatMap((partitions) => [...partitions.values()]);
  return Math.max(0, ...moments.map((at) => Math.max(now.wall - at.wall, now.monotonic - at.monotonic)));
};

/**
 * The position of a checkpoint, once everything that it covers has been read: it comes on another topic. `partition`: of the publisher that
 * keeps this one; undefined: of the one that keeps them all.
 */
export const coveredPosition = ({ status, places }: Copy, topic: string, partition?: number): number | undefined => {
  const { checkpoint } =
    status.checkpoints.get(partition === undefined ? 'checkpoint' : `checkpoint/${partition}`) ?? {};
  const read = places.get(topic);
  const isRead = ([one, offset]: [string, number]) => (read?.get(Number(one)) ?? 0) >= offset;
  return checkpoint && Object.entries(checkpoint.offsets).every(isRead) ? checkpoint.position : undefined;
};

/** The PBX as its publisher says, which of several is the one that keeps the channel's partition: positions are places in that. */
export const pbxSeenFrom = (copy: Copy, topic: string, channel: ChannelSnapshot): PbxSnapshot | undefined => {
  const place = partitionings.get(copy) ?? partitioning(copy.places.get(topic)?.size ?? 1);
  partitionings.set(copy, place);
  return copy.status.pbx(channel.pbx, place(channelKey(channel.pbx, channel.uniqueid)));
};

const partitionings = new WeakMap<Copy, (key: string) => number>();

/** Whether everything that a publisher has said to be complete is in the copy, for every partition of the topic. */
export const isCovered = ({ places, status }: Copy, topic: string): boolean => {
  const said = [...status.checkpoints.values()].map(({ checkpoint }) => checkpoint.offsets);
  return [...(places.get(topic) ?? [])].every(([partition, place]) => {
    const offsets = said.flatMap((one) => one[partition] ?? []);
    return offsets.length > 0 && offsets.every((offset) => place >= offset);
  });
};
