import { type RecordedEvent, type Revision, revision } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import type { ExpectedRevision, StreamHead } from '@rollcall/event-log';
import { appendFailure } from '../append-failure.ts';
import { backoff } from '../backoff.ts';
import type { IngestLog } from '../ingest-log.ts';
import type { Spool } from './spool.ts';
import { within } from './within.ts';

/** What waits of one stream. `first`: what its oldest append expects; the rest: where it stands with all of it. */
export type Held = { first: ExpectedRevision; head: Revision; closed: boolean };

export type ReadingOptions = {
  log: IngestLog;
  spool: Spool;
  held: ReadonlyMap<string, Held>;
  /** Somebody reads these streams anew. */
  reading: (streams: readonly string[]) => void;
  world: World;
  signal: AbortSignal;
  /** How long an answer is waited for, in milliseconds. */
  patience: () => number;
};

/** Log and spool read as one. */
export const createReading = ({ log, spool, held, reading, world, signal, patience }: ReadingOptions) => {
  let readable = true;

  /** From `from` to `to`; where the log is away it is waited for, unless the end of the stream is here. */
  async function* readRemote(stream: string, from: number, to: number): AsyncGenerator<RecordedEvent[]> {
    let next = from;
    for (let failures = 0; next <= to; ) {
      try {
        for await (const events of log.readStream(stream, revision(next))) {
          failures = 0;
          const wanted = events.filter((event) => event.revision <= to);
          next += wanted.length;
          if (wanted.length > 0) yield wanted;
          if (wanted.length < events.length) return;
        }
        return;
      } catch (error) {
        if (appendFailure(error) !== 'away' || signal.aborted) throw error;
        readable = false;
        if (held.has(stream)) return;
        await world.scheduler.sleep(backoff(failures++, world.random), signal);
      }
    }
  }

  return {
    /** The log has answered. */
    answered: (): void => {
      readable = true;
    },
    /**
     * While the log cannot be read, what is not in the spool is taken for new: should it not be, its appends will not be placed, and
     * its writer hears of it.
     */
    heads: async (streams: readonly string[]): Promise<Map<string, StreamHead>> => {
      reading(streams);
      const found = new Map<string, StreamHead>();
      for (const stream of streams) {
        const here = held.get(stream);
        if (here) found.set(stream, { revision: here.head, closed: here.closed });
      }
      const others = streams.filter((stream) => !found.has(stream));
      if (others.length === 0 || !readable) return found;
      try {
        for (const [stream, head] of await within(patience(), world.scheduler, log.heads(others)))
          found.set(stream, head);
      } catch (error) {
        if (appendFailure(error) !== 'away') throw error;
        readable = false;
      }
      return found;
    },
    /** While the log cannot be read: of what waits here its last part alone, since a writer needs no more of what is over; else it waits. */
    async *readStream(stream: string, from = revision(0)): AsyncGenerator<RecordedEvent[]> {
      reading([stream]);
      const here = held.get(stream);
      if (!here) return yield* readRemote(stream, from, Number.POSITIVE_INFINITY);
      const { first } = here;
      if (readable) yield* readRemote(stream, from, first === 'none' ? -1 : first);
      for await (const events of spool.chain(stream, first)) {
        const wanted = events.filter((event) => event.revision >= from);
        if (wanted.length > 0) yield wanted;
      }
    },
  };
};
