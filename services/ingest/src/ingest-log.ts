import type { NewEvent } from '@rollcall/channel';
import type { EventLog, ExpectedRevision } from '@rollcall/event-log';

/**
 * What ingest asks of a log. Of an append only that it is durable, and in its place or on its way to it: with a spool between, the
 * position is not known yet.
 */
export type IngestLog = Pick<EventLog, 'heads' | 'readStream'> & {
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<unknown>;
};
