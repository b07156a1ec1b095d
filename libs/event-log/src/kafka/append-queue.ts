import type { Scheduler } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { Message } from 'kafkajs';
import type { Append } from '../embedded/write-append.ts';
import type { Appended } from '../event-log.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import { ofOtherPbx } from './append-checks.ts';
import type { Mirror } from './mirror.ts';
import { encodeAppend } from './record.ts';

/** In one batch, unless a single append has more. */
const BATCH_EVENTS = 1_000;
const BATCH_BYTES = 800_000;
/** What a record weighs beside its value, generously. */
const RECORD_BYTES = 150;

/** How long what was written may take to be read back, in milliseconds. */
const READ_BACK_MS = 30_000;

type Waiting = { append: Append; resolve: (appended: Appended) => void; reject: (error: unknown) => void };

export type AppendQueueOptions = {
  label: string;
  mirror: Mirror;
  scheduler: Scheduler;
  /** Writes one batch; resolves with the offset behind its last record once all replicas in step have it. */
  produce: (messages: Message[]) => Promise<number>;
  /** The offset behind the last record that the partition has now. */
  end: () => Promise<number>;
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
  const { label, mirror, scheduler, produce, end, lost } = options;
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
    if (given.signal.aborted) throw notReadBack(label);
  };

  /** Those that may still be written. What this process has not read yet may decide, so it is read first where in doubt. */
  const undecided = async (round: readonly Waiting[]): Promise<Waiting[]> => {
    const sure = round.filter((one) => settled(one) === undefined);
    if (sure.length === round.length) return sure;
    await readTo(await end());
    return round.filter((one) => !settle(one));
  };

  const write = async (round: readonly Waiting[]): Promise<void> => {
    try {
      lost.throwIfAborted();
      const fresh = await undecided(round);
      for (const batch of inBatches(fresh)) {
        await readTo(await produce(batch.flatMap(({ messages }) => messages)));
        for (const { one } of batch) {
          if (!settle(one)) one.reject(notTaken(label, one.append));
        }
      }
    } catch (error) {
      for (const { reject } of round) reject(error);
    }
  };

  /** One append of each stream, as many as fit; the rest keeps its order. */
  const takeRound = (): Waiting[] => {
    const streams = new Set<string>();
    const round: Waiting[] = [];
    const left: Waiting[] = [];
    let events = 0;
    for (const one of waiting.splice(0)) {
      const full = round.length > 0 && events + one.append.events.length > BATCH_EVENTS;
      if (full || streams.has(one.append.stream)) left.push(one);
      else {
        round.push(one);
        events += one.append.events.length;
      }
      streams.add(one.append.stream);
    }
    waiting.push(...left);
    return round;
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) await write(takeRound());
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

type Encoded = { one: Waiting; messages: Message[] };

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
    batch.push({ one, messages });
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
