import { type Revision, revision, type Source } from '@rollcall/channel';
import type { IHeaders, Message } from 'kafkajs';
import type { Append, EventToWrite } from '../embedded/write-append.ts';
import { firstRevision } from './first-revision.ts';
import { keyOf } from './key.ts';

/**
 * How a record of this log looks, for anybody who reads the topic. Header `rollcall` says the format. The value is JSON: the
 * envelope of the event, its `data` in the form of its `schema`, its place (`stream`, `revision`), and `append`: the id of the
 * first of those events that were appended together, and count together or not at all.
 */
const FORMAT_HEADER = 'rollcall';
const FORMAT = '1';

/** As kafkajs reads it. */
export type KafkaRecord = {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers?: IHeaders;
  isControlRecord?: boolean;
};

/** An event that claims a place in a stream. `text`: its data, encoded. */
export type EventRecord = {
  is: 'event';
  stream: string;
  revision: Revision;
  append: string;
  event: EventToWrite;
  data: unknown;
  text: string;
};

/** The first record of a partition: what makes it this log's, and of how many partitions the log was made. */
export type FirstRecord = { is: 'first'; log: string; partitions: number };

export type ReadRecord = EventRecord | FirstRecord | { is: 'not-ours' } | { is: 'unknown-format'; format: string };

const NOT_OURS: ReadRecord = { is: 'not-ours' };

const headers = { [FORMAT_HEADER]: FORMAT };

export const encodeAppend = ({ stream, expected, events, texts }: Append): Message[] => {
  const key = keyOf(stream);
  const first = firstRevision(expected);
  return events.map(({ id, type, time, pbx, boot, source, schema }, index) => {
    const frame = { stream, revision: first + index, append: events[0]?.id };
    const envelope = JSON.stringify({ ...frame, id, type, time, pbx, boot, source, schema });
    return { key, value: `${envelope.slice(0, -1)},"data":${texts[index]}}`, headers };
  });
};

export const encodeFirst = (log: string, partitions: number): Message => ({
  key: 'rollcall',
  value: JSON.stringify({ log, partitions }),
  headers,
});

/** Believes nothing: a topic may hold what anybody wrote. What claims no place of ours is nobody's event. */
export const readRecord = ({ value, headers, isControlRecord }: KafkaRecord): ReadRecord => {
  const format = headers?.[FORMAT_HEADER];
  if (format === undefined || value === null || isControlRecord) return NOT_OURS;
  if (format.toString() !== FORMAT) return { is: 'unknown-format', format: format.toString().slice(0, 20) };
  const content = parse(value);
  return firstIn(content) ?? eventIn(content) ?? NOT_OURS;
};

/** What tells the record from every other one of this log; undefined for one that is not of it. */
export const idOf = (record: KafkaRecord): string | undefined => {
  const read = readRecord(record);
  if (read.is === 'event') return read.event.id;
  return read.is === 'first' ? read.log : undefined;
};

const parse = (value: Buffer): Record<string, unknown> => {
  try {
    const content: unknown = JSON.parse(value.toString());
    return typeof content === 'object' && content !== null ? { ...content } : {};
  } catch {
    return {};
  }
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const firstIn = ({ log, partitions }: Record<string, unknown>): FirstRecord | undefined =>
  typeof log === 'string' && UUID.test(log) && isCount(partitions) ? { is: 'first', log, partitions } : undefined;

const eventIn = (content: Record<string, unknown>): EventRecord | undefined => {
  const { stream, append, id, type, time, pbx, boot, source, schema, data = null } = content;
  const at = content.revision;
  if (!isText(stream) || !isCount(at) || !isText(append) || !isText(id) || !isText(type)) return undefined;
  if (!isText(pbx) || !isText(source) || !Number.isFinite(time) || !Number.isInteger(boot)) return undefined;
  if (!Number.isInteger(schema)) return undefined;
  return {
    is: 'event',
    stream,
    revision: revision(at),
    append,
    // A source that a later version knows is kept as it is.
    event: { id, type, pbx, source: source as Source, time: Number(time), boot: Number(boot), schema: Number(schema) },
    data,
    text: JSON.stringify(data),
  };
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
