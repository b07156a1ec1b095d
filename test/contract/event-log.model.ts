import { isTerminal, type NewEvent, type RecordedEvent } from '@rollcall/channel';
import type { ExpectedRevision } from '@rollcall/event-log';

/** What an event log promises, in so few lines that they can be seen to be right. It knows no positions. */
export type MemoryModel = {
  /** Revision of the last event, or `wrong` for a wrong expected revision. */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): number | 'wrong';
  stream(name: string): readonly NewEvent[];
  names(): string[];
};

export const memoryModel = (): MemoryModel => {
  const streams = new Map<string, NewEvent[]>();
  return {
    append: (name, expected, events) => {
      const stream = streams.get(name) ?? [];
      const at = expected === 'none' ? 0 : expected + 1;
      const standing = stream.slice(at, at + events.length);
      const retried = standing.length === events.length && standing.every(({ id }, index) => id === events[index]?.id);
      if (!retried) {
        if (at !== stream.length) return 'wrong';
        streams.set(name, [...stream, ...events]);
      }
      return at + events.length - 1;
    },
    stream: (name) => streams.get(name) ?? [],
    names: () => [...streams.keys()],
  };
};

/** Names of the streams whose last event at or before `at` is not terminal. */
export const openStreams = (log: readonly RecordedEvent[], at: number): Set<string> => {
  const open = new Set<string>();
  for (const { stream, type, position } of log) {
    if (position > at) break;
    if (isTerminal(type)) open.delete(stream);
    else open.add(stream);
  }
  return open;
};
