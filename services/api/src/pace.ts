import type { Clock } from '@rollcall/clock';
import type { Progress } from './operation.ts';

export type ProgressReport = Progress & {
  /** In this phase. */
  eventsPerSecond: number;
  /** Of this phase; undefined while that cannot be told. */
  secondsLeft: number | undefined;
};

/** Reports are at least so many milliseconds apart, unless a new phase begins. */
const EVERY_MS = 200;

/** Makes reports of the progress of an operation that begins now; undefined when the last one was just now. */
export const createPace = (clock: Clock): ((progress: Progress) => ProgressReport | undefined) => {
  let last: { at: number; phase?: string; events: number } = { at: clock.monotonic(), events: 0 };
  let begun = { ...last, position: 0 };
  return (progress) => {
    const { phase, position, target, events } = progress;
    const now = clock.monotonic();
    const begins = phase !== last.phase;
    if (begins) begun = { ...last, position };
    else if (now - last.at < EVERY_MS) return undefined;
    last = { at: now, phase, events };
    const seconds = (now - begun.at) / 1_000;
    const speed = (position - begun.position) / seconds;
    return {
      ...progress,
      eventsPerSecond: seconds > 0 ? Math.round((events - begun.events) / seconds) : 0,
      secondsLeft: speed > 0 ? Math.ceil(Math.max(0, target - position) / speed) : undefined,
    };
  };
};
