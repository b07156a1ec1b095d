import { isTerminal, type RecordedEvent, type Revision, revision } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import type { StreamHead } from '../event-log.ts';
import type { Names } from './names.ts';
import { recordedEvent, type Stored, typeOf } from './record.ts';
import { resuming } from './resuming.ts';
import type { Server } from './server.ts';
import { streamRequest } from './wire.ts';

/** Streams asked for at once, so that a list of thousands leaves room for appends. */
const HEADS_AT_ONCE = 32;

export type Streams = {
  /** The events of one stream from `from` on; nothing for an unknown or deleted one. */
  read(stream: string, from: Revision): AsyncGenerator<RecordedEvent[]>;
  /** Its first event that can be seen at or after `from`, or, with `last`, its last one. */
  event(name: string, from: number | 'last'): Promise<Stored | undefined>;
  heads(streams: readonly string[]): Promise<Map<string, StreamHead>>;
};

export const createStreams = (server: Server, { prefix }: Names): Streams => {
  const headOf = async (stream: string): Promise<StreamHead | undefined> => {
    try {
      for (const response of await server.collect(streamRequest(prefix + stream, 'last', 1))) {
        const stored = response.getEvent()?.getEvent();
        if (stored)
          return { revision: revision(Number(stored.getStreamRevision())), closed: isTerminal(typeOf(stored)) };
        // All its events are hidden by retention, which takes streams only once they are closed.
        if (response.hasLastStreamPosition()) {
          return { revision: revision(Number(response.getLastStreamPosition())), closed: true };
        }
      }
    } catch (error) {
      if (!isRollcallError(error, 'LOG_STREAM_DELETED')) throw error;
    }
    return undefined;
  };

  return {
    read: (stream, from) => {
      let next: number = from;
      async function* attempt(): AsyncGenerator<RecordedEvent[]> {
        const request = streamRequest(prefix + stream, next, Number.MAX_SAFE_INTEGER);
        for await (const responses of server.stream(request, server.closing)) {
          const events = responses.flatMap((response) => {
            const stored = response.getEvent()?.getEvent();
            return stored ? [recordedEvent(stored, prefix)] : [];
          });
          next = (events.at(-1)?.revision ?? next - 1) + 1;
          yield events;
        }
        server.use();
      }
      return unlessDeleted(resuming(server, { signal: server.closing, giveUpAfter: server.deadline }, attempt));
    },

    event: async (name, from) => {
      const responses = await server.collect(streamRequest(name, from, 1));
      return responses
        .find((response) => response.hasEvent())
        ?.getEvent()
        ?.getEvent();
    },

    heads: async (streams) => {
      const found = new Map<string, StreamHead>();
      const names = streams.values();
      const worker = async (): Promise<void> => {
        for (const stream of names) {
          const head = await headOf(stream);
          if (head) found.set(stream, head);
        }
      };
      await Promise.all(Array.from({ length: Math.min(HEADS_AT_ONCE, streams.length) }, worker));
      return new Map(
        streams.flatMap((stream) => {
          const head = found.get(stream);
          return head ? [[stream, head] as const] : [];
        }),
      );
    },
  };
};

async function* unlessDeleted<T>(batches: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* batches;
  } catch (error) {
    if (!isRollcallError(error, 'LOG_STREAM_DELETED')) throw error;
  }
}
