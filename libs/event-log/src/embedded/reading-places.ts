import { type Position, START } from '@rollcall/channel';
import { logCompacted } from './log-errors.ts';

/** Where one reader stands: it has read everything up to there, or everything that was open there. */
export type ReadingPlace = {
  moveTo(place: Position): void;
  /**
   * Call after each page, while still at the place it was read from.
   * @throws RollcallError LOG_COMPACTED when the end of something that the reader has read in part may be gone
   */
  check(): void;
  leave(): void;
};

/** Keeps readers from missing the end of a stream whose beginning they have read: to them it would be live for ever. */
export type ReadingPlaces = {
  enter(place: Position): ReadingPlace;
  /** Whether a reader has read the beginning of a stream and not its end. */
  within(begun: number, ended: number): boolean;
};

/** In the process that writes, and so compacts: what a reader has read in part is left for the next time. */
export const heldPlaces = (): ReadingPlaces => {
  const places = new Set<{ at: Position }>();
  return {
    enter: (at) => {
      const place = { at };
      places.add(place);
      return {
        moveTo: (to) => {
          place.at = to;
        },
        check: () => {},
        leave: () => places.delete(place),
      };
    },
    within: (begun, ended) => places.values().some(({ at }) => begun <= at && at < ended),
  };
};

/** In a process that only reads: nobody knows of its readers, so they look whether the log was compacted past their place. */
export const watchedPlaces = (path: string, compactedTo: () => Position): ReadingPlaces => ({
  enter: (at) => {
    const before = compactedTo();
    let place = at;
    return {
      moveTo: (to) => {
        place = to;
      },
      check: () => {
        if (place === START) return;
        const now = compactedTo();
        if (now > before && now > place) throw logCompacted(path, place);
      },
      leave: () => {},
    };
  },
  within: () => false,
});
