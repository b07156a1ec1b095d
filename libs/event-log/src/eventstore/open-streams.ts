import { isTerminal, type Position, type RecordedEvent, revision } from '@rollcall/channel';
import type { Follow } from './follow.ts';
import { positionOf, recordedAt, recordedEvent, type Stored, streamNameOf, typeOf } from './record.ts';
import type { Streams } from './streams.ts';

/** Events kept while the log is gone over, at most: whatever is beyond is read again from its stream. */
const KEPT = 20_000;

/** Which streams are open at a place of the log. Names are without the prefix. */
export type OpenAt = {
  position: number;
  /** When the event there was recorded. */
  recorded: number;
  /** With all their events up to there, where those were kept. */
  open: Map<string, Stored[] | undefined>;
};

/**
 * Goes over our events from a place where the open streams are known to another, and keeps no more than those that are open.
 * @returns how many events it went over
 */
export const advance = async (
  at: OpenAt,
  { follow, until, prefix, signal }: { follow: Follow; until: number; prefix: string; signal: AbortSignal },
): Promise<number> => {
  let events = 0;
  let kept = 0;
  for await (const batch of follow(at.position, { until, signal })) {
    events += batch.length;
    for (const stored of batch) {
      const stream = streamNameOf(stored).slice(prefix.length);
      at.position = positionOf(stored);
      at.recorded = recordedAt(stored);
      const before = at.open.get(stream);
      if (isTerminal(typeOf(stored))) {
        kept -= before?.length ?? 0;
        at.open.delete(stream);
      } else if (kept < KEPT && (before !== undefined || stored.getStreamRevision() === '0')) {
        kept += 1;
        if (before) before.push(stored);
        else at.open.set(stream, [stored]);
      } else {
        kept -= before?.length ?? 0;
        at.open.set(stream, undefined);
      }
    }
  }
  return events;
};

/** Streams whose beginnings are asked for ahead of their turn: each costs a question and an answer. */
const AHEAD = 16;
const BATCH = 500;

type Beginning = { first: RecordedEvent[]; rest: AsyncGenerator<RecordedEvent[]> | undefined };

/** The events up to and including `at` of each open stream, one stream after the other. */
export async function* eventsOf(
  { open }: OpenAt,
  { at, streams, prefix }: { at: Position; streams: Streams; prefix: string },
): AsyncGenerator<RecordedEvent[]> {
  const begin = async ([stream, kept]: [string, Stored[] | undefined]): Promise<Beginning> => {
    if (kept) return { first: kept.map((stored) => recordedEvent(stored, prefix)), rest: undefined };
    const rest = streams.read(stream, revision(0));
    const { value } = await rest.next();
    return { first: value ?? [], rest };
  };
  const waiting = open.entries();
  const ahead: Promise<Beginning>[] = [];
  const fetchAhead = (): void => {
    while (ahead.length < AHEAD) {
      const { value, done } = waiting.next();
      if (done) return;
      const beginning = begin(value);
      // Whoever takes it sees the error; until then it must not end the process.
      beginning.catch(() => {});
      ahead.push(beginning);
    }
  };

  let batch: RecordedEvent[] = [];
  try {
    for (fetchAhead(); ahead.length > 0; fetchAhead()) {
      const beginning = await ahead.shift();
      if (!beginning) return;
      const { first, rest } = beginning;
      for (let events = first; events.length > 0; ) {
        const due = events.filter(({ position }) => position <= at);
        batch.push(...due);
        if (batch.length >= BATCH) {
          yield batch;
          batch = [];
        }
        const next = due.length < events.length ? undefined : await rest?.next();
        events = next?.value ?? [];
      }
      await rest?.return(undefined);
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const beginning of ahead) {
      beginning.then(({ rest }) => rest?.return(undefined)).catch(() => {});
    }
  }
}
