import { type RecordedEvent, type Revision, START } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { created, destroyed, state, streamOf } from './event-log.events.ts';
import { collect } from './event-log.reader.ts';

export type EventLogFactory = {
  /** A fresh, empty log. */
  open(): Promise<EventLog>;
  /** Closes that log and opens it again. */
  reopen?(log: EventLog): Promise<EventLog>;
  /** After each test: closes and removes what was opened. */
  cleanup(): Promise<void>;
};

export const revisionOf = async (log: EventLog, stream: string): Promise<Revision> => {
  const head = (await log.heads([stream])).get(stream);
  if (!head) throw new Error(`no stream ${stream}`);
  return head.revision;
};

/** Calls `call-0` and so on of two events each, every other one of them over; all events of the log. */
export const withCalls = async (log: EventLog, count: number): Promise<RecordedEvent[]> => {
  for (let call = 0; call < count; call += 1) {
    const stream = streamOf(`call-${call}`);
    const { revision } = await log.append(stream, 'none', [created(), state(4)]);
    if (call % 2 === 0) await log.append(stream, revision, [destroyed()]);
  }
  return collect(log.readAll(START));
};
