import { isTerminal, type NewEvent } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { errorLine, isRollcallError, RollcallError } from '@rollcall/errors';
import { type ExpectedRevision, WrongExpectedRevision } from '@rollcall/event-log';
import { appendFailure } from '../append-failure.ts';
import type { IngestLog } from '../ingest-log.ts';
import { createBars } from './bars.ts';
import { type SpoolBounds, spoolFull } from './bounds.ts';
import { createDraining } from './draining.ts';
import { createLost } from './lost.ts';
import { createReading, type Held } from './reading.ts';
import { createRefusedFile } from './refused-file.ts';
import { asSpooled, endOf, type Spool, type SpooledAppend } from './spool.ts';
import { within } from './within.ts';

/** How long the log may take to answer the session before it counts as away, in milliseconds. */
const PATIENCE_MS = 2_000;
/** And while it does not take what is written, but may still be readable, as a local copy of it is. */
const AWAY_PATIENCE_MS = 250;
/** Whoever drains waits so many times longer for an answer. */
const DRAIN_PATIENCE = 15;

export type Say = { info: (line: string) => void; warn: (line: string) => void };

export type SpooledOptions = {
  log: IngestLog;
  spool: Spool;
  bounds: Omit<SpoolBounds, 'maxBytes'>;
  world: World;
  say: Say;
  patience?: number;
};

export type SpoolState = {
  /** `through`: the log is written to; `storing`: the spool is; `discarding`: the bound was reached, nothing is kept. */
  phase: 'through' | 'storing' | 'discarding';
  /** What waits. `oldest`: for how long the oldest has waited, in milliseconds. */
  events: number;
  bytes: number;
  oldest: number;
  /** The log takes what waited. */
  draining: boolean;
  /** The bound was reached. */
  full: boolean;
  /** Since the start: events that could be placed nowhere, and events given up at the bound. */
  refused: number;
  discarded: number;
  /** Why the log cannot be written, in one line. */
  problem: string | undefined;
};

/**
 * Tells that the log lacks some of what was written to `streams`: they have to be read anew. `all`: whatever was written while the log
 * was away is lacking. Returns what ends the telling.
 */
export type Unplaced = (listener: (streams: readonly string[], all: boolean) => void) => () => void;

export type Spooled = {
  log: IngestLog;
  unplaced: Unplaced;
  /** Resolves once nothing waits; rejects when it is closed before. */
  drained: () => Promise<void>;
  state: () => SpoolState;
  /** What waits stays for the next time. */
  close: () => Promise<void>;
};

/**
 * A log that can be written to while it is away: from the first append that it does not answer, all go to the spool, until that has
 * been drained, in order. One writer for a stream, as ever.
 */
export const createSpooled = (options: SpooledOptions): Spooled => {
  const { log, spool, bounds, world, say, patience = PATIENCE_MS } = options;
  const { scheduler } = world;
  const closing = new AbortController();
  const refusedFile = createRefusedFile(spool.dir, world.clock);
  const bars = createBars();
  const lost = createLost();
  const held = new Map<string, Held>();
  const listeners = new Set<Parameters<Unplaced>[0]>();
  const drainedWaiters = new Set<() => void>();
  /** Appends of which the log has not said what became of them. */
  const sent = new Set<string>();
  /** The last append under way of each stream. */
  const turns = new Map<string, Promise<unknown>>();

  let phase: SpoolState['phase'] = 'through';
  let full = false;
  let refused = 0;
  let discarded = 0;
  let problem: unknown;

  const reading = createReading({
    ...{ log, spool, held, world, signal: closing.signal },
    patience: () => (phase === 'through' ? patience : Math.min(patience, AWAY_PATIENCE_MS)),
    reading: (streams) => bars.lift(streams, phase === 'through' ? undefined : spool.last),
  });

  const goAway = (error: unknown): void => {
    problem = error;
    if (phase !== 'through') return;
    phase = 'storing';
    say.warn(`The event log is away; what is to be written waits in ${spool.dir}. ${errorLine(error)}`);
    draining.run();
  };

  /** One append after the other on each stream. */
  const inTurn = (stream: string, work: () => Promise<void>): Promise<void> => {
    const before = turns.get(stream);
    const mine = before ? before.then(work, work) : work();
    turns.set(stream, mine);
    const over = (): void => {
      if (turns.get(stream) === mine) turns.delete(stream);
    };
    mine.then(over, over);
    return mine;
  };

  const append = async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<void> => {
    if (closing.signal.aborted) throw closed(spool.dir);
    if (bars.isBarred(stream)) throw new WrongExpectedRevision(stream, expected, 'none');
    if (phase === 'through') {
      try {
        await within(patience, scheduler, log.append(stream, expected, events));
        reading.answered();
        return;
      } catch (error) {
        if (appendFailure(error) !== 'away') throw error;
        sent.add(keyOf({ stream, expected }));
        goAway(error);
      }
    }
    await store(stream, expected, events);
  };

  const isDiscarding = (): boolean => phase === 'discarding';

  const store = async (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<void> => {
    if (isDiscarding()) return discard(stream, expected, events);
    const before = held.get(stream);
    if (before && before.head !== expected) {
      if (await spool.has(stream, expected, events)) return;
      throw new WrongExpectedRevision(stream, expected, before.head);
    }
    if (bounds.maxAge !== undefined && spool.age() > bounds.maxAge) return noRoom(stream, expected, events);
    try {
      await spool.append(stream, expected, events);
    } catch (error) {
      if (!isRollcallError(error, 'LOG_FULL')) throw error;
      return noRoom(stream, expected, events, error);
    }
    if (isDiscarding()) return discard(stream, expected, events);
    full = false;
    const head = endOf(expected, events.length);
    held.set(stream, { first: before?.first ?? expected, head, closed: endsWith(events) });
  };

  const noRoom = async (
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    cause?: unknown,
  ): Promise<void> => {
    if (isDiscarding()) return discard(stream, expected, events);
    const error = spoolFull(spool.dir, bounds.whenFull, cause);
    if (!full) say.warn(errorLine(error));
    full = true;
    if (bounds.whenFull === 'disconnect') throw error;
    phase = 'discarding';
    for (const [stream, { first, closed }] of held) {
      lost.had(stream, first === 'none' && !sent.has(keyOf({ stream, expected: first })), closed);
    }
    held.clear();
    discarded += spool.events();
    // Whatever the log says to this one: once it says it, it is back.
    draining.probe(asSpooled(stream, expected, events));
    await spool.renew();
    discard(stream, expected, events);
  };

  const discard = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): void => {
    discarded += events.length;
    lost.had(stream, expected === 'none', endsWith(events));
  };

  const refuse = (append: SpooledAppend, why: unknown): void => {
    const { stream, events, position } = append;
    if (isDiscarding()) return;
    refusedFile.write(append, why);
    say.warn(`${events.length} events of ${stream} cannot be placed, see ${refusedFile.path}. ${errorLine(why)}`);
    refused += events.length;
    bars.bar(stream, position, why);
    lost.had(stream, false, false);
    held.delete(stream);
  };

  const place = (append: SpooledAppend): void => {
    const { stream, expected, events } = append;
    problem = undefined;
    reading.answered();
    sent.delete(keyOf(append));
    const here = held.get(stream);
    if (!here) return;
    const at = endOf(expected, events.length);
    if (here.head <= at) held.delete(stream);
    else here.first = at;
  };

  /** Nothing waits, and nothing is on its way to the spool: in this same moment the log is written to again. */
  const back = (): void => {
    const after = phase;
    phase = 'through';
    full = false;
    problem = undefined;
    held.clear();
    sent.clear();
    bars.drained();
    say.info(
      after === 'storing' ? 'The event log has all that waited.' : 'The event log is back; what waited was given up.',
    );
    spool.renew().catch((error) => say.warn(`The spool in ${spool.dir} cannot be begun anew. ${errorLine(error)}`));
    const streams = lost.take();
    if (streams) for (const listener of listeners) listener(streams, after === 'discarding');
    for (const waiter of drainedWaiters) waiter();
    drainedWaiters.clear();
  };

  const draining = createDraining({
    ...{ spool, world, signal: closing.signal },
    append: (...args) => within(DRAIN_PATIENCE * patience, scheduler, log.append(...args)),
    sent: (append) => sent.add(keyOf(append)),
    placed: place,
    refused: refuse,
    whyBarred: ({ stream, position }) => bars.whyBarred(stream, position),
    failed: goAway,
    done: back,
  });

  if (!spool.isEmpty()) {
    phase = 'storing';
    say.info(`${spool.events()} events wait in ${spool.dir} from the last time; the event log gets them first.`);
    draining.run();
  }

  return {
    log: {
      append: (stream, expected, events) => inTurn(stream, () => append(stream, expected, events)),
      heads: reading.heads,
      readStream: reading.readStream,
    },
    unplaced: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    drained: () =>
      new Promise((resolve, reject) => {
        if (phase === 'through') return resolve();
        drainedWaiters.add(resolve);
        closing.signal.addEventListener('abort', () => reject(closed(spool.dir)), { once: true });
      }),
    state: () => ({
      ...{ phase, full, refused, discarded },
      draining: draining.isTaking(),
      events: spool.isEmpty() ? 0 : spool.events(),
      bytes: spool.bytes(),
      oldest: spool.age(),
      problem: problem === undefined ? undefined : errorLine(problem),
    }),
    close: async () => {
      if (closing.signal.aborted) return;
      await Promise.allSettled(turns.values());
      closing.abort();
      await spool.close();
    },
  };
};

const keyOf = ({ stream, expected }: Pick<SpooledAppend, 'stream' | 'expected'>): string => `${expected} ${stream}`;

const endsWith = (events: readonly NewEvent[]): boolean => isTerminal(events.at(-1)?.type ?? '');

const closed = (dir: string): RollcallError =>
  new RollcallError('LOG_CLOSED', `The spool ${dir} is closed.`, 'Open it again.');
