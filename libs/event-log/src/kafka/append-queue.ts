import type { Scheduler } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import type { Message } from 'kafkajs';
import type { Append } from '../embedded/write-append.ts';
import type { Appended } from '../event-log.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import { ofOtherPbx } from './append-checks.ts';
import { firstRevision } from './first-revision.ts';
import type { Mirror } from './mirror.ts';
import { encodeAppend } from './record.ts';

/** In one batch, unless a single append has more. */
const BATCH_EVENTS = 1_000;
const BATCH_BYTES = 800_000;
/** What a record weighs beside its value, generously. */
const RECORD_BYTES = 150;

/** How long what was written may take to be read back, in milliseconds. */
const READ_BACK_MS = 15_000;

/** `follows`: it goes on where another one in the same round ends. */
type Taken = { one: Waiting; follows: boolean };

type Waiting = { append: Append; resolve: (appended: Appended) => void; reject: (error: unknown) => void };

export type AppendQueueOptions = {
  label: string;
  mirror: Mirror;
  scheduler: Scheduler;
  /** Writes one batch; resolves with the offset behind its last record once all replicas in step have it. */
  produce: (messages: Message[]) => Promise<number>;
  /** The offset behind the last record that the partition has now. */
  end: () => Promise<number>;
  /** Why nothing can be read just now. */
  problem: () => RollcallError | undefined;
  /** Aborts when the partition can be followed no longer; its reason says why. */
  lost: AbortSignal;
};

export type AppendQueue = {
  append(append: Append): Promise<Appended>;
  /** Resolves once nothing waits to be appended. */
  idle(): Promise<void>;
};

/**
 * Appends to one partition, one batch at a time, so that what is tried again never overtakes. Whether an append counts is what
 * the partition says: it is read back, and one that came second fails with WrongExpectedRevision, though its records stay there.
 */
export const openAppendQueue = (options: AppendQueueOptions): AppendQueue => {
  const { label, mirror, scheduler, produce, end, problem, lost } = options;
  const waiting: Waiting[] = [];
  const nowIdle: (() => void)[] = [];
  let running = false;

  /** Where it stands, or why it cannot stand any more; undefined while it may still be written. */
  const settled = ({ append }: Waiting): Appended | RollcallError | undefined => {
    const { stream, expected, events } = append;
    const head = mirror.heads.of(stream);
    const stray = head && events.find(({ pbx }) => pbx !== head.pbx);
    if (stray) return ofOtherPbx(stream, head.pbx, stray);
    const at = head?.revision ?? 'none';
    return at === expected ? undefined : (mirror.standing(append) ?? new WrongExpectedRevision(stream, expected, at));
  };

  const settle = (one: Waiting): boolean => {
    const outcome = settled(one);
    if (outcome === undefined) return false;
    if (outcome instanceof RollcallError) one.reject(outcome);
    else one.resolve(outcome);
    return true;
  };

  const readTo = async (offset: number): Promise<void> => {
    const given = new AbortController();
    const cancel = scheduler.after(READ_BACK_MS, () => given.abort());
    await mirror.reached(offset, AbortSignal.any([given.signal, lost]));
    cancel();
    lost.throwIfAborted();
    if (given.signal.aborted) throw problem() ?? notReadBack(label);
  };

  /** Those that may still be written. What this process has not read yet may decide, so it is read first where in doubt. */
  const undecided = async (round: readonly Taken[]): Promise<Waiting[]> => {
    const inDoubt = ({ one, follows }: Taken): boolean => !follows && settled(one) !== undefined;
    if (round.some(inDoubt)) await readTo(await end());
    return round.flatMap(({ one, follows }) => (!follows && settle(one) ? [] : [one]));
  };

  const write = async (batch: readonly Encoded[]): Promise<void> => {
    for (const { id } of batch) mirror.awaited.set(id, undefined);
    try {
      await readTo(await produce(batch.flatMap(({ messages }) => messages)));
      for (const { one, id } of batch) {
        const appended = mirror.awaited.get(id);
        if (appended) one.resolve(appended);
        else if (!settle(one)) one.reject(notTaken(label, one.append));
      }
    } catch (error) {
      // Too large is one append by itself; what fails otherwise would fail the next batch too.
      if (!isRollcallError(error, 'APPEND_TOO_LARGE')) throw error;
      for (const { one } of batch) one.reject(error);
    } finally {
      for (const { id } of batch) mirror.awaited.delete(id);
    }
  };

  const writeAll = async (round: readonly Taken[]): Promise<void> => {
    try {
      lost.throwIfAborted();
      for (const batch of inBatches(await undecided(round))) await write(batch);
    } catch (error) {
      for (const { one } of round) one.reject(error);
    }
  };

  /**
   * As many as fit: of each stream one append, and those that go on where the one before it will have ended. Should that one not
   * count, neither will they. The rest keeps its order.
   */
  const takeRound = (): Taken[] => {
    const ends = new Map<string, number>();
    const round: Taken[] = [];
    const left: Waiting[] = [];
    let taken = 0;
    for (const one of waiting.splice(0)) {
      const { stream, expected, events } = one.append;
      const end = ends.get(stream);
      const first = firstRevision(expected);
      const full = round.length > 0 && taken + events.length > BATCH_EVENTS;
      if (full || (end !== undefined && first !== end + 1)) {
        left.push(one);
        ends.set(stream, Number.NaN);
        continue;
      }
      const isNext = end !== undefined || (mirror.heads.of(stream)?.revision ?? -1) + 1 === first;
      round.push({ one, follows: end !== undefined });
      ends.set(stream, isNext ? first + events.length - 1 : Number.NaN);
      taken += events.length;
    }
    waiting.push(...left);
    return round;
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) await writeAll(takeRound());
    running = false;
    for (const tell of nowIdle.splice(0)) tell();
  };

  return {
    append: (append) =>
      new Promise((resolve, reject) => {
        waiting.push({ append, resolve, reject });
        if (running) return;
        running = true;
        setImmediate(run);
      }),
    idle: () => (running ? new Promise((resolve) => nowIdle.push(resolve)) : Promise.resolve()),
  };
};

/** `id`: that of its first event. */
type Encoded = { one: Waiting; id: string; messages: Message[] };

function* inBatches(round: readonly Waiting[]): Generator<Encoded[]> {
  let batch: Encoded[] = [];
  let bytes = 0;
  for (const one of round) {
    const messages = encodeAppend(one.append);
    const weight = messages.reduce((sum, { value }) => sum + RECORD_BYTES + Buffer.byteLength(value ?? ''), 0);
    if (batch.length > 0 && bytes + weight > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ one, id: one.append.events[0]?.id ?? '', messages });
    bytes += weight;
  }
  if (batch.length > 0) yield batch;
}

const notReadBack = (label: string): RollcallError =>
  new RollcallError(
    'LOG_UNAVAILABLE',
    `What was appended to ${label} could not be read back in ${READ_BACK_MS / 1000} seconds, so that it is not known to count.`,
    'Check the brokers; appending the same again is safe.',
  );

const notTaken = (label: string, { stream }: Append): RollcallError =>
  new RollcallError(
    'EVENT_INVALID',
    `An append to stream ${stream} stands in ${label}, and its readers do not take it.`,
    'This is a mistake in the program that appends.',
  );
