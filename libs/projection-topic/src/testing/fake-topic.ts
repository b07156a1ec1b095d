import type { Message } from 'kafkajs';
import type { RawRecord } from '../read-record.ts';
import type { Acknowledged, Sender, ToSend } from '../sender.ts';
import { asFetched } from './as-fetched.ts';

/**
 * - `ok`: written and acknowledged
 * - `lost`: never came to the broker
 * - `unanswered`: written, and the answer was lost
 * - `in part`: of some partitions written, of others not
 * - `too large`: refused, as is each batch of more than one record
 */
export type Fate = 'ok' | 'lost' | 'unanswered' | 'in part' | 'too large';

/** A topic in memory, by partition, and a sender to it that meets with these fates, and is well afterwards. */
export const createFakeTopic = (fates: readonly Fate[]) => {
  const partitions = new Map<number, RawRecord[]>();
  const left = [...fates];

  const write = (messages: readonly Message[]): Acknowledged => {
    const offsets: Acknowledged = new Map();
    for (const message of messages) {
      const partition = message.partition ?? 0;
      const records = partitions.get(partition) ?? [];
      if (!offsets.has(partition)) offsets.set(partition, records.length);
      records.push(asFetched(message, records.length));
      partitions.set(partition, records);
    }
    return offsets;
  };

  const send = async ({ messages }: ToSend): Promise<Acknowledged> => {
    const fate = left.shift() ?? 'ok';
    await Promise.resolve();
    if (fate === 'too large' && messages.length > 1) {
      throw Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' });
    }
    const first = messages[0]?.partition;
    if (fate === 'in part') write(messages.filter(({ partition }) => partition === first));
    if (fate === 'unanswered') write(messages);
    if (fate === 'ok' || fate === 'too large') return write(messages);
    throw new Error(fate);
  };

  const sender: Sender = { send, drop: async () => {} };
  return {
    sender,
    partitions,
    /** The last record of each key: what compaction leaves. */
    compacted: (): Map<string, RawRecord> =>
      new Map([...partitions.values()].flat().map((record) => [record.key?.toString() ?? '', record])),
  };
};
