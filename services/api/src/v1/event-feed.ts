import { type Position, position } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import type { View } from '../access/view.ts';
import { newer } from '../recently-told.ts';
import type { Past } from './past.ts';

/** So near to the present the reader is told by the hub as well, until both have met. */
const NEAR = 1_000;

export type How = { oneOrder: boolean; past: Past; drop: () => void };

/**
 * What happens, for one reader: after `after`, or from now on. Nothing is missed and nothing told twice. Where the hub keeps what was told
 * since, it comes from there; else the past comes from the log by itself, until it meets the hub that tells the present to all readers.
 * @param how `oneOrder`: whether all positions of the log are in one order, what is kept is found by it; `drop`: ends the connection of
 *   who does not read
 * @throws RollcallError FEED_READER_SLOW; what following the log throws
 */
export const readFeed = (
  view: View,
  after: Position | undefined,
  signal: AbortSignal,
  how: How,
): AsyncIterable<readonly Told[]> => {
  const { oneOrder, drop } = how;
  if (after === undefined) return view.join(signal, drop);
  return (oneOrder ? view.resume(after, signal, drop) : undefined) ?? resumed(view, after, signal, how);
};

async function* resumed(
  view: View,
  after: Position,
  signal: AbortSignal,
  { past, drop }: How,
): AsyncIterable<readonly Told[]> {
  let last: number = after;
  let present: { batches: AsyncGenerator<readonly Told[]>; first: readonly Told[] | undefined } | undefined;
  const place = await past.enter(drop);
  try {
    for await (const batch of view.follow(after, signal, past.turn)) {
      place.given();
      yield batch;
      place.asks();
      last = batch.at(-1)?.event.position ?? last;
      if (!present && last >= view.cache.checkpoint - NEAR) {
        present = join(view, signal, drop);
        place.leave();
      }
      const met = present?.first?.[0]?.event.position;
      if (met !== undefined && last >= met) break;
    }
  } finally {
    place.leave();
  }
  if (!present || signal.aborted) return;
  const { batches, first = [] } = present;
  const met = newer(first, last);
  if (met.length > 0) yield met;
  last = Math.max(last, first.at(-1)?.event.position ?? last);
  for await (const batch of batches) {
    const fresh = newer(batch, last);
    if (fresh.length > 0) yield fresh;
  }
}

const join = (view: View, signal: AbortSignal, drop: () => void) => {
  const batches = view.join(signal, drop);
  const present: { batches: typeof batches; first: readonly Told[] | undefined } = { batches, first: undefined };
  batches.next().then(
    ({ value }) => {
      present.first = value ?? undefined;
    },
    // Whoever is too slow to meet the present goes on with the log, as if it had not been joined.
    () => {},
  );
  return present;
};

/** `Last-Event-ID` or `after`: a position; undefined where neither is given, NaN where it is none. */
export const positionAsked = (text: string | undefined): Position | undefined =>
  text === undefined ? undefined : position(/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN);
