import { type Position, START } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { backoff } from '../backoff.ts';
import { type PlacingOptions, placeBatch } from './place-batch.ts';
import type { Spool, SpooledAppend } from './spool.ts';

/** Events taken from the spool at once. */
const BATCH = 2_000;
/** The longest pause before the log is tried again, in milliseconds. */
const LONGEST_PAUSE_MS = 5_000;

export type DrainingOptions = PlacingOptions & {
  spool: Spool;
  world: World;
  signal: AbortSignal;
  /** The log, or this disk, does not do what it is asked now. */
  failed: (error: unknown) => void;
  /** Nothing waits, and nothing is on its way to the spool; or, after `probe`, the log has answered. */
  done: () => void;
};

/** Brings what waits to the log, batch by batch, until nothing does. One `run` at a time. */
export const createDraining = (options: DrainingOptions) => {
  const { spool, world, signal } = options;
  /** What is being sent, and where it ends in the spool. */
  let batch: readonly SpooledAppend[] = [];
  let end: Position = START;
  /** The log took the last of what it was sent. */
  let taking = false;
  let isProbing = false;

  const send = async (): Promise<void> => {
    const sending = batch;
    const left = new Set(sending);
    const isDone = (append: SpooledAppend): void => {
      left.delete(append);
      if (!isProbing) spool.done(append);
    };
    try {
      await placeBatch(sending, !taking, {
        ...options,
        placed: (append) => {
          taking = true;
          options.placed(append);
          isDone(append);
        },
        refused: (append, why) => {
          options.refused(append, why);
          isDone(append);
        },
      });
    } finally {
      // A probe may have taken its place.
      if (batch === sending) batch = sending.filter((append) => left.has(append));
    }
    if (!isProbing) await spool.drainedTo(end);
  };

  const take = async (): Promise<void> => {
    const next = await spool.next(BATCH);
    if (isProbing) return;
    batch = next;
    end = next.at(-1)?.position ?? end;
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (batch.length === 0) await take();
        if (batch.length > 0) {
          await send();
          failures = 0;
        }
        if (batch.length > 0) continue;
        if (isProbing || spool.isEmpty()) return over();
        await spool.settled();
      } catch (error) {
        if (signal.aborted) return;
        taking = false;
        options.failed(error);
        await world.scheduler.sleep(Math.min(LONGEST_PAUSE_MS, backoff(failures++, world.random)), signal);
      }
    }
  };

  const over = (): void => {
    taking = false;
    isProbing = false;
    options.done();
  };

  return {
    run: (): void => void run(),
    /** Whatever waited is given up; once the log says anything to `append`, it is over. */
    probe: (append: SpooledAppend): void => {
      isProbing = true;
      batch = [append];
    },
    isTaking: (): boolean => taking,
  };
};
