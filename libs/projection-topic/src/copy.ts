import type { Batch, Places } from './follow.ts';
import { createStatusTable, type StatusTable } from './status-table.ts';
import { createTable, type Table } from './table.ts';

/** What was read of both topics, and how far. */
export type Copy = {
  channels: Table;
  status: StatusTable;
  places: Places;
  /** By topic and partition: the latest timestamp of a record that was read, in milliseconds since 1970. */
  newest: Map<string, Map<number, number>>;
  /** By topic and partition: when there was nothing more to read, or else when reading began; of the monotonic clock. */
  completeAt: Map<string, Map<number, number>>;
};

/** An empty copy, to be read from `places` on. `now`: of the monotonic clock; what is over from now on leaves a tombstone to read. */
export const createCopy = (places: Places, now: number): Copy => ({
  channels: createTable(),
  status: createStatusTable(),
  places,
  newest: new Map([...places.keys()].map((topic) => [topic, new Map()])),
  completeAt: new Map(
    [...places].map(([topic, offsets]) => [topic, new Map([...offsets.keys()].map((one) => [one, now]))]),
  ),
});

/** After a batch was taken into the copy. `now`: of the monotonic clock. */
export const noteRead = (copy: Copy, { topic, partition, records, next, end }: Batch, now: number): void => {
  const newest = copy.newest.get(topic);
  for (const { timestamp } of records) newest?.set(partition, Math.max(timestamp, newest.get(partition) ?? 0));
  if (next >= end) copy.completeAt.get(topic)?.set(partition, now);
};

/**
 * How long ago, in milliseconds, the copy was known to lack nothing that tombstones would not tell. Who comes back after a tombstone's
 * lifetime does not learn that a channel is over.
 */
export const ageOf = ({ completeAt }: Copy, now: number): number =>
  now - Math.min(now, ...[...completeAt.values()].flatMap((partitions) => [...partitions.values()]));

/** Whether everything that a publisher has said to be complete is in the copy, for every partition of the topic. */
export const isCovered = ({ places, status }: Copy, topic: string): boolean => {
  const said = [...status.checkpoints.values()].map(({ checkpoint }) => checkpoint.offsets);
  return [...(places.get(topic) ?? [])].every(([partition, place]) => {
    const offsets = said.flatMap((one) => one[partition] ?? []);
    return offsets.length > 0 && offsets.every((offset) => place >= offset);
  });
};
