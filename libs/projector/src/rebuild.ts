import type { Position } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import {
  createMemoryCache,
  type Difference,
  differences,
  indexDifferences,
  type StateCache,
} from '@rollcall/state-cache';
import { applyAll, createCounters } from './apply-all.ts';
import { project } from './projector.ts';
import { replayOpen } from './replay.ts';
import { sameList } from './same-list.ts';
import { createStep } from './step.ts';
import { earlier, type TakeOver, takeOver } from './take-over.ts';
import type { Turnstile } from './turnstile.ts';

/**
 * - `reading`: the log is folded into the new generation
 * - `verifying`: the new generation is checked, before anybody sees it
 * - `swapping`: what came meanwhile is added, and the new generation takes the old one's place
 */
export type RebuildProgress = {
  phase: 'reading' | 'verifying' | 'swapping';
  position: Position;
  target: Position;
  events: number;
};

/** The live generation is what the projector goes on feeding. */
export type RebuildOptions = Omit<TakeOver, 'next' | 'check'> & {
  /** The projector's: the swap waits its turn there. */
  turnstile: Turnstile;
  /**
   * - `open`: reads the streams that are open; its time grows with the live channels, not with the log
   * - `full`: reads every event and checks every revision
   */
  path: 'open' | 'full';
  /** Where an interrupted full rebuild had come to. */
  resumeFrom?: StateCache;
  signal?: AbortSignal;
  progress?: (progress: RebuildProgress) => void;
  /** A full rebuild's work so far, now and then: kept, it can be resumed. */
  keep?: (unfinished: StateCache) => Promise<void>;
};

export type Rebuilt = {
  /** Where the new generation took over. */
  position: Position;
  channels: number;
  events: number;
  /** What the old generation had otherwise: what the rebuild has repaired. */
  repaired: Difference[];
  /** The old generation, as it was at `position`. */
  previous: StateCache;
};

/** Heads of streams asked for at once. */
const HEADS = 200;

/** Each leaves what came while it took in what the one before had left. */
const APPROACHES = 3;

/** Events between two times that the unfinished work is kept. */
const KEEP_EVERY = 1_000_000;

/**
 * Folds the log into a new generation beside the live one, verifies it, and swaps it in, in one step, at the live one's own
 * position: nobody's reading fails, waits or goes back in time.
 * @throws RollcallError REBUILD_NOT_VERIFIED, REBUILD_STOPPED; the live generation stays as it is
 */
export const rebuild = async (options: RebuildOptions): Promise<Rebuilt> => {
  const { log, live, turnstile, path, breathe = async () => {} } = options;
  const compactedTo = await log.compactedTo();
  const target = earlier(live.checkpoint, await log.head());
  const work: Work = { options, breathe, target, next: options.resumeFrom ?? createMemoryCache(), events: 0 };
  if (path === 'open') await readOpen(work);
  else await readAll(work);

  report(work, 'verifying');
  await verifyNext(work);
  await approach(work);
  if ((await log.compactedTo()) !== compactedTo) throw notVerified('retention dropped events meanwhile');

  const repaired = await turnstile(() => {
    report(work, 'swapping');
    return takeOver({ ...options, next: work.next, check: () => stopIfAsked(work) });
  });
  return { position: live.checkpoint, channels: live.size, events: work.events, repaired, previous: work.next };
};

type Work = {
  options: RebuildOptions;
  breathe: () => Promise<void>;
  target: Position;
  next: StateCache;
  events: number;
};

const report = ({ options, target, next, events }: Work, phase: RebuildProgress['phase'], at = next.checkpoint): void =>
  options.progress?.({ phase, position: at, target, events });

/** Streams come by their beginnings, so the place of the last one read tells how far it is. */
const readOpen = async (work: Work): Promise<void> => {
  const { options, breathe, target, next } = work;
  const step = createStep(next);
  const counters = createCounters();
  for await (const batch of options.log.readOpen(target)) {
    await applyAll(options.log, step, batch, counters);
    work.events += batch.length;
    report(work, 'reading', batch.at(-1)?.position);
    await breathe();
    stopIfAsked(work);
  }
  next.commit(step.changes(target));
};

const readAll = async (work: Work): Promise<void> => {
  const { options, breathe, target, next } = work;
  const counters = createCounters();
  let keptAt = 0;
  for await (const batch of options.log.readAll(next.checkpoint, target)) {
    await project(options.log, next, batch, counters);
    work.events += batch.length;
    report(work, 'reading');
    await breathe();
    if (options.signal?.aborted) await options.keep?.(next);
    stopIfAsked(work);
    if (work.events - keptAt < KEEP_EVERY) continue;
    keptAt = work.events;
    await options.keep?.(next);
  }
};

/** Takes in what came meanwhile, and what came meanwhile again: in the turnstile, where the live list stands still, little is left. */
const approach = async (work: Work): Promise<void> => {
  const { options, breathe, next } = work;
  const { log, live } = options;
  const counters = createCounters();
  for (let round = 0; round < APPROACHES; round++) {
    const to = earlier(live.checkpoint, await log.head());
    for await (const batch of log.readAll(next.checkpoint, to)) {
      await project(log, next, batch, counters);
      await breathe();
      stopIfAsked(work);
    }
  }
};

/**
 * Nobody has seen the new generation yet. Its indexes must agree with each other and its streams with the log's heads; after a
 * full reading it must also be, byte for byte, what the open streams alone give: another way to the same list.
 */
const verifyNext = async ({ options, breathe, next }: Work): Promise<void> => {
  const { log, path } = options;
  const [torn] = indexDifferences(next);
  if (torn) throw notVerified(`its indexes disagree about ${torn.stream}`);
  await verifyHeads(log, next, breathe);
  if (path === 'open') return;
  const open = await replayOpen(log, next.checkpoint, breathe);
  if (await sameList(open, next, breathe)) return;
  const [different] = differences(open, next);
  throw notVerified(`reading every event gave ${different?.stream} otherwise than reading what is open`);
};

const verifyHeads = async (log: EventLog, next: StateCache, breathe: () => Promise<void>): Promise<void> => {
  const entries = [...next.entries()];
  for (let from = 0; from < entries.length; from += HEADS) {
    const slice = entries.slice(from, from + HEADS);
    const heads = await log.heads(slice.map(([stream]) => stream));
    for (const [stream, channel] of slice) {
      const head = heads.get(stream);
      if (!head || head.revision < channel.revision) throw notVerified(`the log does not have ${stream} as it has`);
    }
    await breathe();
  }
};

const stopIfAsked = ({ options, next }: Work): void => {
  if (!options.signal?.aborted) return;
  throw new RollcallError(
    'REBUILD_STOPPED',
    `The rebuild was stopped at position ${next.checkpoint}; the list is as it was.`,
    'Run it again; a full one goes on from there.',
  );
};

const notVerified = (why: string) =>
  new RollcallError(
    'REBUILD_NOT_VERIFIED',
    `The new generation was not taken: ${why}. The list is as it was.`,
    'Run it again. If it stays, "rollcall verify" tells whether the log is damaged.',
  );
