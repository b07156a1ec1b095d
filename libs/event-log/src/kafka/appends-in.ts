import { revision } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Append } from '../embedded/write-append.ts';
import { type EventRecord, type FirstRecord, type KafkaRecord, readRecord } from './record.ts';

/** An append as it stands in a partition, from offset `offset` on. `recorded`: the broker's time, milliseconds since 1970. */
export type AppendRecord = { is: 'append'; offset: number; recorded: number; append: Append; data: unknown[] };

/** What a partition holds, of however many records. */
export type Entry = AppendRecord | (FirstRecord & { offset: number }) | { is: 'not-ours'; offset: number };

const asAppend = (events: readonly EventRecord[], offset: number, recorded: number): Entry => {
  const [first] = events;
  if (!first) return { is: 'not-ours', offset };
  const append: Append = {
    stream: first.stream,
    expected: first.revision === 0 ? 'none' : revision(first.revision - 1),
    events: events.map(({ event }) => event),
    texts: events.map(({ text }) => text),
  };
  return { is: 'append', offset, recorded, append, data: events.map(({ data }) => data) };
};

/**
 * Records that were appended together, together again: they stand one behind the other, since Kafka keeps a batch whole, and
 * each fetch gives whole batches.
 * @throws RollcallError LOG_FORMAT_UNKNOWN
 */
export function* appendsIn(records: readonly KafkaRecord[]): Generator<Entry> {
  let open: EventRecord[] = [];
  let offset = 0;
  let recorded = 0;
  const goesOn = (record: EventRecord, at: number): boolean => {
    const last = open.at(-1);
    return (
      last !== undefined &&
      record.event.id !== record.append &&
      record.append === last.append &&
      record.stream === last.stream &&
      record.revision === last.revision + 1 &&
      at === offset + open.length
    );
  };
  for (const record of records) {
    const at = Number(record.offset);
    const read = readRecord(record);
    if (read.is === 'event' && goesOn(read, at)) {
      open.push(read);
      continue;
    }
    if (open.length > 0) yield asAppend(open, offset, recorded);
    open = [];
    if (read.is === 'unknown-format') throw formatUnknown(read.format, at);
    // The middle of an append without its beginning claims nothing: no writer of this log leaves one.
    if (read.is === 'event' && read.event.id === read.append) {
      open = [read];
      offset = at;
      recorded = Number(record.timestamp);
    } else {
      yield read.is === 'first' ? { ...read, offset: at } : { is: 'not-ours', offset: at };
    }
  }
  if (open.length > 0) yield asAppend(open, offset, recorded);
}

const formatUnknown = (format: string, offset: number): RollcallError =>
  new RollcallError(
    'LOG_FORMAT_UNKNOWN',
    `The record at offset ${offset} has format ${JSON.stringify(format)}, which this Rollcall does not know.`,
    'Run the version of Rollcall that wrote it, or a newer one.',
  );
