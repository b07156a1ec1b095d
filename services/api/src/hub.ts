import type { Position } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Told } from '@rollcall/projector';

/**
 * What happens, event by event, in the order of the log: after `from`, or from now on where it is left out. Ends when `signal` aborts.
 */
export type Follow = (from: Position | undefined, signal: AbortSignal) => AsyncIterable<Told[]>;

export type Hub = {
  /**
   * What happens from now on, for one reader among many: the log is followed once for all of them, and only while there is one.
   * @throws RollcallError FEED_READER_SLOW when the reader is behind by more than the hub's limit; what following the log throws
   */
  join: (signal: AbortSignal) => AsyncGenerator<readonly Told[]>;
  readonly readers: number;
};

type Reader = { batches: (readonly Told[])[]; behind: number; failed: unknown; wake: () => void };

/** @param limit events that a reader may be behind; it is dropped then, never waited for */
export const createHub = (follow: Follow, limit = 10_000): Hub => {
  const readers = new Set<Reader>();
  let following: AbortController | undefined;

  const end = (error: unknown): void => {
    for (const reader of readers) {
      reader.failed ??= error;
      reader.wake();
    }
  };

  const run = async (own: AbortController): Promise<void> => {
    try {
      for await (const told of follow(undefined, own.signal)) {
        for (const reader of readers) {
          if (reader.behind > limit) reader.failed ??= tooSlow(limit);
          else reader.batches.push(told);
          reader.behind += told.length;
          reader.wake();
        }
      }
      if (following === own) end(new RollcallError('FEED_ENDED', 'Rollcall is stopping.', 'Connect again.'));
    } catch (error) {
      if (following === own) end(error);
    } finally {
      if (following === own) following = undefined;
    }
  };

  return {
    get readers() {
      return readers.size;
    },
    join: (signal) => {
      const reader: Reader = { batches: [], behind: 0, failed: undefined, wake: () => {} };
      // From the call on, not from the first time that it is read.
      readers.add(reader);
      if (!following) {
        following = new AbortController();
        void run(following);
      }
      const leave = (): void => {
        readers.delete(reader);
        reader.wake();
        if (readers.size > 0) return;
        following?.abort();
        following = undefined;
      };
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
      return read(reader, signal, leave);
    },
  };
};

async function* read(reader: Reader, signal: AbortSignal, leave: () => void): AsyncGenerator<readonly Told[]> {
  try {
    while (!signal.aborted) {
      if (reader.failed !== undefined) throw reader.failed;
      const batch = reader.batches.shift();
      if (batch) {
        reader.behind -= batch.length;
        yield batch;
      } else {
        await new Promise<void>((resolve) => {
          reader.wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

const tooSlow = (limit: number) =>
  new RollcallError(
    'FEED_READER_SLOW',
    `The reader is more than ${limit} events behind.`,
    'Connect again, and read faster.',
  );
