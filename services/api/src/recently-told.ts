import type { Position } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';

/** Of what was told last so much is kept; `bytes` as they are reckoned from the texts in it. */
export type Kept = { events: number; bytes: number };

/**
 * The events that were told last, for readers who come back: bounded by count and by size. Only of a log with one order, where each
 * position is before or behind each other one.
 */
export type RecentlyTold = {
  /** What was told behind everything that was added before. */
  add: (batch: readonly Told[]) => void;
  /** What was told after that position, in batches that all who ask share; undefined where it is not kept from there on. */
  after: (position: Position) => (readonly Told[])[] | undefined;
  /** Whether what was told after that position is kept. */
  covers: (position: Position) => boolean;
  /** Position of what was told last. */
  readonly newest: Position | undefined;
};

/** @param from place from which everything is told; left out where it is not known */
export const createRecentlyTold = (kept: Kept, from?: Position): RecentlyTold => {
  const batches: Batch[] = [];
  let events = 0;
  let bytes = 0;
  let newest: Position | undefined;
  /** Everything that was told after it is kept. */
  let floor = from;

  const covers = (position: Position): boolean => floor !== undefined && position >= floor;

  /** Batches end at that position, so that who comes back from there shares what follows with the others. */
  const indexAfter = (position: Position): number => {
    let index = batches.length;
    while (index > 0 && lastOf(batches[index - 1]) > position) index--;
    const told = batches[index]?.told ?? [];
    const at = told.findIndex(({ event }) => event.position > position);
    if (at < 1) return index;
    batches.splice(index, 1, batchOf(told.slice(0, at)), batchOf(told.slice(at)));
    return index + 1;
  };

  return {
    add: (told) => {
      const batch = batchOf(told);
      batches.push(batch);
      events += told.length;
      bytes += batch.bytes;
      floor ??= told[0]?.event.position;
      newest = told.at(-1)?.event.position ?? newest;
      while (events > kept.events || bytes > kept.bytes) {
        const oldest = batches.shift();
        if (!oldest) return;
        events -= oldest.told.length;
        bytes -= oldest.bytes;
        floor = oldest.told.at(-1)?.event.position ?? floor;
      }
    },
    after: (position) => (covers(position) ? batches.slice(indexAfter(position)).map(({ told }) => told) : undefined),
    covers,
    get newest() {
      return newest;
    },
  };
};

/** Of a batch, what comes behind that position; the batch itself where all of it does. */
export const newer = (batch: readonly Told[], last: number): readonly Told[] =>
  (batch[0]?.event.position ?? 0) > last ? batch : batch.filter(({ event }) => event.position > last);

type Batch = { told: readonly Told[]; bytes: number };

const batchOf = (told: readonly Told[]): Batch => ({ told, bytes: told.reduce((sum, one) => sum + bytesOf(one), 0) });

const lastOf = (batch: Batch | undefined): number => batch?.told.at(-1)?.event.position ?? 0;

/** What an event takes beside its texts, and the copies of these: the channel before and after it, its JSON, what is sent. */
const EVENT_BYTES = 2048;
const COPIES = 4;

const bytesOf = ({ event, after }: Told): number => EVENT_BYTES + COPIES * (lettersIn(event.data) + lettersIn(after));

const lettersIn = (value: unknown): number => {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let letters = 0;
  for (const part of Object.values(value)) letters += lettersIn(part);
  return letters;
};
