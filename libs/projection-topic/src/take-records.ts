import { RollcallError } from '@rollcall/errors';
import type { Copy } from './copy.ts';
import type { Batch } from './follow.ts';
import { readChannelRecord } from './read-record.ts';
import { readStatusRecord } from './read-status.ts';
import type { PbxSnapshot } from './snapshot.ts';
import type { ChannelChange } from './table.ts';
import type { TopicNames } from './topic.ts';

export type ViewCounters = {
  records: number;
  /** Records that came late or twice. */
  late: number;
  /** Records that are not Rollcall's, or are damaged. */
  foreign: number;
  /** Snapshots of a version of Rollcall that this one does not know. */
  unknownSchema: number;
};

export type Taken = { changes: ChannelChange[]; pbxs: { name: string; pbx: PbxSnapshot | undefined }[] };

/** Takes what was read into a copy. What cannot be taken is counted and passed over; the first of each kind is told. */
export const createRecordTaker = (
  topics: TopicNames,
  counters: ViewCounters,
  warn: (warning: RollcallError) => void,
) => {
  const odd = (batch: Batch, offset: number, record: Odd): void => {
    const where = `${batch.topic}, partition ${batch.partition}, offset ${offset}, key ${JSON.stringify(record.key.slice(0, 100))}`;
    if (record.is === 'foreign') {
      if (counters.foreign++ === 0) warn(foreignRecord(where, record.why));
    } else if (counters.unknownSchema++ === 0) warn(unknownSchema(where, record.schema));
  };

  const takeChannels = (copy: Copy, batch: Batch): ChannelChange[] =>
    batch.records.flatMap((raw) => {
      const record = readChannelRecord(raw);
      if (record.is === 'snapshot' || record.is === 'tombstone') {
        const changes = copy.channels.take(record);
        if (!changes) counters.late++;
        return changes ?? [];
      }
      odd(batch, raw.offset, record);
      return [];
    });

  const takeStatus = (copy: Copy, batch: Batch): Taken['pbxs'] =>
    batch.records.flatMap((raw) => {
      const record = readStatusRecord(raw);
      if (record.is === 'pbx' || record.is === 'checkpoint') return copy.status.take(record) ?? [];
      odd(batch, raw.offset, record);
      return [];
    });

  return (copy: Copy, batch: Batch): Taken => {
    counters.records += batch.records.length;
    return batch.topic === topics.channels
      ? { changes: takeChannels(copy, batch), pbxs: [] }
      : { changes: [], pbxs: takeStatus(copy, batch) };
  };
};

type Odd = { is: 'foreign'; key: string; why: string } | { is: 'unknown-schema'; key: string; schema: number };

const foreignRecord = (where: string, why: string) =>
  new RollcallError(
    'RECORD_FOREIGN',
    `A record was passed over (${where}): ${why}.`,
    'Nobody but Rollcall should write to this topic; allow Write to no other user.',
  );

const unknownSchema = (where: string, schema: number) =>
  new RollcallError(
    'RECORD_UNKNOWN_SCHEMA',
    `A record was passed over (${where}): it has schema ${schema}.`,
    'A newer Rollcall publishes here: use its version of this library.',
  );
