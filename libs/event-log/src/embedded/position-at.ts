import { type Position, position, START } from '@rollcall/channel';
import type Database from 'better-sqlite3';

type Place = { position: number; recorded: number };

/**
 * Between two steps back of the clock the recorded times rise with the positions, so each such run is searched by halving,
 * from the newest run back; without any index of times to maintain.
 */
export const openPositionAt = (db: Database.Database): ((time: number) => Position) => {
  const steps = db.prepare<[], number>('SELECT position FROM clock_steps ORDER BY position DESC').pluck();
  const atOrBefore = db.prepare<[number], Place>(
    'SELECT position, recorded FROM events WHERE position <= ? ORDER BY position DESC LIMIT 1',
  );
  const atOrAfter = db.prepare<[number], Place>(
    'SELECT position, recorded FROM events WHERE position >= ? ORDER BY position LIMIT 1',
  );

  const inRun = (first: number, last: number, time: number): number => {
    let low = first;
    let high = last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const probe = atOrBefore.get(middle);
      if (probe && probe.recorded <= time) low = middle;
      else high = (probe?.position ?? middle) - 1;
    }
    return atOrBefore.get(low)?.position ?? first;
  };

  return (time) => {
    let end = Number.MAX_SAFE_INTEGER;
    for (const begin of [...steps.iterate(), 0]) {
      const first = atOrAfter.get(begin);
      const last = atOrBefore.get(end);
      if (first && last && first.position <= last.position && first.recorded <= time) {
        return position(inRun(first.position, last.position, time));
      }
      end = begin - 1;
    }
    return START;
  };
};
