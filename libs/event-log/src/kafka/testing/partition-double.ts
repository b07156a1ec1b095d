import type { Message } from 'kafkajs';
import type { Append } from '../../embedded/write-append.ts';
import { encodeAppend, encodeFirst, type KafkaRecord } from '../record.ts';

/** A partition in memory, as far as the order of its records goes. A batch stands in it whole, one behind the other. */
export const partitionDouble = (log: string) => {
  const batches: KafkaRecord[][] = [];
  let end = 0;

  const write = (messages: readonly Message[]): void => {
    const timestamp = String(1_760_000_000_000 + end);
    batches.push(
      messages.map(({ key, value, headers }) => ({
        offset: String(end++),
        timestamp,
        key: key == null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        ...(headers && { headers }),
      })),
    );
  };
  write([encodeFirst(log, 1)]);

  return {
    write,
    append: (...appends: Append[]): void => write(appends.flatMap(encodeAppend)),
    /** What a fetch gives: whole batches, `size` of them at most, from the one on that holds offset `from`. */
    fetch: (from: number, size: number): KafkaRecord[] => {
      const first = batches.findIndex((batch) => Number(batch.at(-1)?.offset) >= from);
      return first < 0 ? [] : batches.slice(first, first + size).flat();
    },
    get end() {
      return end;
    },
  };
};
