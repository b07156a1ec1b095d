import { imageLines, type Progress } from '@rollcall/api/operations';
import { type Position, position, START } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import { replayOpen } from '@rollcall/projector';
import { imagePath } from '@rollcall/projector-service/list';
import { type CacheReader, createMemoryCache, type Difference, differences, readImage } from '@rollcall/state-cache';
import { isEmbedded } from '../engines/embedded-only.ts';
import { viewAt } from '../view.ts';
import { foldThrough, type Stop } from './fold-through.ts';
import { readToldList, type ToldList, toldDifferences } from './told-list.ts';

/** One thing that answers for the log, beside the fold of every event up to its position. */
export type Check = { what: string; position: number; channels: number; differences: Difference[] };

/** A log that is damaged all over need not be told of event by event. */
const MOST_FINDINGS = 10_000;

/** What the log finds wrong with itself. */
export type LogFinding = { what: string; position?: number; stream?: string; detail: string };

export type Verified = {
  /** The log's end when it was asked. */
  head: number;
  checks: Check[];
  /** Undefined where it was not asked to look. */
  findings: LogFinding[] | undefined;
  /** What else is wrong, a line each. */
  problems: string[];
};

export type VerifyOptions = {
  data: string;
  log: EventLog;
  world: World;
  /** The list that is served, where one is; asked for when its turn comes. */
  list?: () => Promise<ToldList>;
  /** Only the list as of that position or time, read the fast way. */
  at?: string | undefined;
  /** Let SQLite check its file too: for a process in which nothing else waits. */
  structure: boolean;
  signal?: AbortSignal;
  progress: (progress: Progress) => void;
  breathe: () => Promise<void>;
};

/**
 * Folds every event, and sets beside it whatever else says what the list is; then lets the log check itself. Writing goes on
 * meanwhile. Where retention drops events in the middle of it, it begins again once.
 */
export const verifyData = async (options: VerifyOptions): Promise<Verified> => {
  const { log } = options;
  const before = await log.compactedTo();
  try {
    const verified = await verifyOnce(options);
    if ((await log.compactedTo()) === before) return verified;
  } catch (error) {
    if ((await log.compactedTo()) === before) throw error;
  }
  return verifyOnce(options);
};

const verifyOnce = async (options: VerifyOptions): Promise<Verified> => {
  const { log, at, signal, structure } = options;
  const verified: Verified = { head: 0, checks: [], findings: undefined, problems: [] };
  const stops = at === undefined ? await stopsNow(options, verified) : [await stopAt(options, at, verified)];
  const target = Math.max(...stops.map(({ position: place }) => place));
  verified.head = await log.head();
  try {
    await foldThrough(log, stops, {
      progress: (place, events) => options.progress({ phase: 'folding', position: place, target, events }),
      breathe: options.breathe,
    });
  } catch (error) {
    // The log's own check tells more of it.
    if (!isRollcallError(error, 'LOG_GAP')) throw error;
    verified.problems.push(error.line);
  }
  if (at !== undefined || !isEmbedded(log)) return verified;
  const findings: LogFinding[] = [];
  for await (const finding of log.check({
    structure,
    ...(signal && { signal }),
    progress: ({ position: place, head, events }) =>
      options.progress({ phase: 'checking the log', position: place, target: head, events }),
  })) {
    findings.push(finding);
    if (findings.length === MOST_FINDINGS) break;
  }
  return { ...verified, findings };
};

const stopsNow = async (options: VerifyOptions, verified: Verified): Promise<Stop[]> => {
  const { log } = options;
  const image = await imageStop(options, verified);
  const list = await options.list?.();
  const head = await log.head();
  const place = list && list.position < head ? position(list.position) : head;
  const open: Stop = {
    position: place,
    look: async (fold) => {
      verified.checks.push(
        check('open streams', fold, differences(fold, await replayOpen(log, place, options.breathe))),
      );
    },
  };
  return [...(image ? [image] : []), ...(list ? [listStop(list, place, verified)] : []), open];
};

const listStop = (list: ToldList, place: Position, { checks }: Verified): Stop => ({
  position: place,
  look: async (fold) => {
    const found = [...toldDifferences(await readToldList(imageLines(fold, list.log)), list)];
    const beyond: Difference = { stream: '(checkpoint)', what: 'differs', fields: [`${place} / ${list.position}`] };
    if (list.position !== place) found.push(beyond);
    checks.push({ ...check('list', fold, found), position: list.position });
  },
});

/** The image is what the next start begins with; one that is older than what retention has left, it does without. */
const imageStop = async ({ data, log }: VerifyOptions, verified: Verified): Promise<Stop | undefined> => {
  const anywhere = { id: log.id, head: position(Number.MAX_SAFE_INTEGER), compactedTo: START };
  try {
    const changes = await readImage(imagePath(data), anywhere);
    if (!changes || changes.checkpoint < (await log.compactedTo())) return undefined;
    const image = createMemoryCache();
    image.commit(changes);
    const head = await log.head();
    const place = image.checkpoint < head ? image.checkpoint : head;
    return {
      position: place,
      look: (fold) => {
        verified.checks.push({ ...check('image', fold, differences(fold, image)), position: image.checkpoint });
      },
    };
  } catch (error) {
    if (!isRollcallError(error, 'IMAGE_REFUSED')) throw error;
    verified.problems.push(error.line);
    return undefined;
  }
};

const stopAt = async ({ log, world }: VerifyOptions, at: string, verified: Verified): Promise<Stop> => {
  const { cache } = await viewAt(log, at, world);
  return {
    position: cache.checkpoint,
    look: (fold) => {
      verified.checks.push(check('open streams', fold, differences(fold, cache)));
    },
  };
};

const check = (what: string, fold: CacheReader, found: Difference[]): Check => ({
  what,
  position: fold.checkpoint,
  channels: fold.size,
  differences: found,
});
