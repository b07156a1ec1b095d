import type { NewEvent } from '@rollcall/channel';
import type { Appended, ExpectedRevision } from '../event-log.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import type { PartitionLog } from './partition-log.ts';

/** Copied at once, at most. */
const COPY_EVENTS = 500;

/**
 * The stream of a PBX stands in every partition: whoever reads one has to know, in its order, which boot its channels are of and
 * when the PBX was out of reach. The first partition decides: what counts there is copied to the others, as it is. A crash in
 * between leaves a shorter copy, never a different one, and whoever appends next, from wherever, first makes it whole: nothing
 * is appended to a partition that lacks an event of its PBX which this process knows of.
 */
export const openPbxStreams = (logs: readonly PartitionLog[]) => {
  const headIn = (log: PartitionLog, stream: string): number => log.mirror.heads.of(stream)?.revision ?? -1;
  const [first, ...others] = logs;
  if (!first) throw new Error('a log has a partition');

  /** Makes the copy of `stream` in `log` whole. */
  const complete = async (stream: string, log: PartitionLog): Promise<void> => {
    for (;;) {
      const from = headIn(log, stream) + 1;
      if (from > headIn(first, stream)) return;
      const missing = first.raw.from(stream, from, COPY_EVENTS);
      if (!missing) return;
      try {
        await log.copy(missing);
      } catch (error) {
        // Another writer was at it too; what it did not copy is left to do.
        if (!(error instanceof WrongExpectedRevision)) throw error;
      }
    }
  };

  const completeAll = async (stream: string): Promise<void> => {
    await Promise.all(others.map((log) => complete(stream, log)));
  };

  return {
    complete,
    completeAll,
    append: async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Appended> => {
      await completeAll(stream);
      const appended = await first.append(stream, expected, events);
      await completeAll(stream);
      return appended;
    },
    /** Every copy that a crash left short. */
    mend: async (): Promise<void> => {
      for (const stream of first.raw.named('pbx/')) await completeAll(stream);
    },
  };
};
