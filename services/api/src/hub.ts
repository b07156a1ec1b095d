import { type Position, position } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Told } from '@rollcall/projector';
import { createRecentlyTold, type Kept, newer, type RecentlyTold } from './recently-told.ts';
import type { Turn } from './turns.ts';

/**
 * What happens, event by event, in the order of the log: after `from`, or from now on where it is left out. Ends when `signal` aborts.
 * Where `turn` is given the work waits for its turn: of who has the past folded for himself. The hub's, which is for all, waits for nobody.
 */
export type Follow = (from: Position | undefined, signal: AbortSignal, turn?: Turn) => AsyncIterable<Told[]>;

export type Hub = {
  /**
   * What happens from now on, for one reader among many: the log is followed once for all of them, and only while there is one.
   * @param drop called at once when the reader is behind by more than the hub's limit: he may not ask for more
   * @throws RollcallError FEED_READER_SLOW when the reader is behind by more than that; what following the log throws
   */
  join: (signal: AbortSignal, drop?: () => void) => AsyncGenerator<readonly Told[]>;
  /**
   * The same after a position of a log with one order: what was told last is kept. Where nobody follows yet, a near position is where the
   * following begins, for all who come back with it. Undefined where what was told is not kept from there on.
   */
  resume: (after: Position, signal: AbortSignal, drop?: () => void) => AsyncGenerator<readonly Told[]> | undefined;
  /**
   * From now on the log is followed on when the last reader has left, for as long as he could resume: readers behind one proxy lose
   * their connections together. Until `signal` aborts.
   */
  stay: (signal: AbortSignal) => void;
  /** Who joins now is told everything after this position; undefined where that is not known. */
  reached: () => Position | undefined;
  readonly readers: number;
};

type Reader = {
  batches: (readonly Told[])[];
  behind: number;
  failed: unknown;
  wake: () => void;
  drop: (() => void) | undefined;
};

export type HubOptions = {
  /** Events that a reader may be behind; it is dropped then, never waited for. */
  limit?: number;
  kept?: Kept;
  /** The position from which `follow` tells where it is given none. Where it is left out, following begins nowhere else. */
  now?: () => Position;
};

type Following = {
  from: Position | undefined;
  /** Where it began, also where `from` left that to the log. */
  began: Position | undefined;
  ending: AbortController;
  recent: RecentlyTold;
};

const MOST_BEHIND = 10_000;
/** Less than a reader may be behind, with room for what happens while it catches up. */
const KEPT: Kept = { events: 5_000, bytes: 32 * 1024 * 1024 };
export const NOTHING_KEPT: Kept = { events: 0, bytes: 0 };
/** So far back following may begin for who comes back first, and so much before him: others were not told as much as he. */
const NEAR = 1_000;
const BEFORE = 100;

export const createHub = (follow: Follow, { limit = MOST_BEHIND, kept = KEPT, now }: HubOptions = {}): Hub => {
  const readers = new Set<Reader>();
  let following: Following | undefined;
  let staying: AbortSignal | undefined;
  /** The last that was told when the last reader left. */
  let left: Position | undefined;

  const end = (error: unknown): void => {
    for (const reader of readers) {
      reader.failed ??= error;
      reader.wake();
    }
  };

  const giveUp = (reader: Reader): void => {
    if (reader.failed === undefined) reader.drop?.();
    reader.failed ??= tooSlow(limit);
    reader.batches = [];
  };

  const stop = (): void => {
    following?.ending.abort();
    following = undefined;
  };

  const stopIfNeedless = (): void => {
    if (readers.size > 0) return;
    const mayResume = staying && !staying.aborted && left !== undefined && following?.recent.covers(left);
    if (!mayResume) stop();
  };

  const run = async (own: Following): Promise<void> => {
    try {
      for await (const told of follow(own.from, own.ending.signal)) {
        // What was under way when it was stopped is for nobody: readers who came since are told it by a following of their own.
        if (following !== own) return;
        own.recent.add(told);
        for (const reader of readers) {
          if (reader.behind > limit) giveUp(reader);
          else reader.batches.push(told);
          reader.behind += told.length;
          reader.wake();
        }
        stopIfNeedless();
      }
      if (following === own) end(new RollcallError('FEED_ENDED', 'Rollcall is stopping.', 'Connect again.'));
    } catch (error) {
      if (following === own) end(error);
    } finally {
      if (following === own) following = undefined;
    }
  };

  const begin = (from: Position | undefined): Following => {
    const own = { from, began: from ?? now?.(), ending: new AbortController(), recent: createRecentlyTold(kept, from) };
    following = own;
    void run(own);
    return own;
  };

  /** Not beyond the list: who joins is told whatever the list has not. */
  const mayBegin = (at: Position): boolean => now !== undefined && at <= now() && at >= now() - NEAR;

  /** @param missed what it is told first */
  const enter = (
    signal: AbortSignal,
    drop: (() => void) | undefined,
    missed: (readonly Told[])[],
  ): AsyncGenerator<readonly Told[]> => {
    const behind = missed.reduce((sum, { length }) => sum + length, 0);
    const reader: Reader = { batches: missed, behind, failed: undefined, wake: () => {}, drop };
    // From the call on, not from the first time that it is read.
    readers.add(reader);
    if (!following) begin(undefined);
    const leave = (): void => {
      if (!readers.delete(reader)) return;
      reader.wake();
      left = following?.recent.newest;
      stopIfNeedless();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return read(reader, signal, leave);
  };

  return {
    get readers() {
      return readers.size;
    },
    reached: () => (following && following.from === undefined ? (following.recent.newest ?? following.began) : now?.()),
    join: (signal, drop) => {
      const past = following?.from === undefined ? undefined : now?.();
      return past === undefined ? enter(signal, drop, []) : behindOf(enter(signal, drop, []), past);
    },
    resume: (after, signal, drop) => {
      if (!following && mayBegin(after)) begin(position(Math.max(0, after - BEFORE)));
      const missed = following?.recent.after(after);
      return missed && behindOf(enter(signal, drop, missed), after);
    },
    stay: (signal) => {
      if (staying === signal) return;
      staying = signal;
      signal.addEventListener('abort', stopIfNeedless, { once: true });
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

/** A list may be ahead of what is told of it: what it has is not told again. */
async function* behindOf(batches: AsyncIterable<readonly Told[]>, after: Position): AsyncGenerator<readonly Told[]> {
  for await (const batch of batches) {
    const fresh = newer(batch, after);
    if (fresh.length > 0) yield fresh;
  }
}

const tooSlow = (limit: number) =>
  new RollcallError(
    'FEED_READER_SLOW',
    `The reader is more than ${limit} events behind.`,
    'Connect again, and read faster.',
  );
