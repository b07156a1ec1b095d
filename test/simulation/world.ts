import type { Cancel, World } from '@rollcall/clock';
import type { Dice } from './dice.ts';

/** A world in virtual time: nothing waits, and the same seed lives the same life. */
export type VirtualWorld = {
  /** Virtual milliseconds since the world began; never goes back. */
  now(): number;
  after(ms: number, task: () => void): Cancel;
  /** As `after`, at a moment: what is set for the same one comes in the order in which it was set. */
  at(moment: number, task: () => void): Cancel;
  /** Shifts the wall clock, as an operator or NTP does; timers do not feel it. */
  stepClock(ms: number): void;
  /** The world as one process has it; it loses its timers when it is killed. */
  process(dice: Dice): { world: World; kill: () => void };
  /** Lives until `until`, or until `over` says so. */
  run(until: number, over?: () => boolean): Promise<void>;
};

const BEGINNING = 1_760_000_000_000;

type Timer = { at: number; order: number; task: (() => void) | undefined };

export const createVirtualWorld = (): VirtualWorld => {
  const timers = createHeap();
  let now = 0;
  let order = 0;
  let clockStep = 0;

  const at = (moment: number, task: () => void): Cancel => {
    const timer: Timer = { at: Math.max(now, moment), order: order++, task };
    timers.push(timer);
    return () => {
      timer.task = undefined;
    };
  };
  const after = (ms: number, task: () => void): Cancel => at(now + ms, task);

  const process = (dice: Dice): { world: World; kill: () => void } => {
    let alive = true;
    const inLife = (ms: number, task: () => void): Cancel => after(ms, () => alive && task());
    const world: World = {
      clock: { now: () => BEGINNING + now + clockStep, monotonic: () => now },
      random: { float: dice.float, uuid: dice.uuid, secret: dice.secret },
      scheduler: {
        after: inLife,
        sleep: (ms, signal) =>
          new Promise((resolve) => {
            if (signal?.aborted) return resolve();
            const done = (): void => {
              cancel();
              signal?.removeEventListener('abort', done);
              resolve();
            };
            const cancel = inLife(ms, done);
            signal?.addEventListener('abort', done, { once: true });
          }),
      },
    };
    return {
      world,
      kill: () => {
        alive = false;
      },
    };
  };

  return {
    now: () => now,
    after,
    at,
    stepClock: (ms) => {
      clockStep += ms;
    },
    process,
    run: async (until, over = () => false) => {
      while (!over()) {
        await settled();
        const next = timers.peek();
        if (next === undefined || next.at > until) break;
        timers.pop();
        now = next.at;
        next.task?.();
      }
      if (!over()) now = Math.max(now, until);
    },
  };
};

/** No promise has anything left to do: all of them are served before the next turn of the event loop. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Timers, the earliest first; of the same moment the one that was set first. */
const createHeap = () => {
  const heap: Timer[] = [];
  const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  return {
    peek: (): Timer | undefined => heap[0],
    push: (timer: Timer): void => {
      let at = heap.length;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        const above = heap[parent];
        if (above === undefined || !isBefore(timer, above)) break;
        heap[at] = above;
        at = parent;
      }
      heap[at] = timer;
    },
    pop: (): void => {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        let below = heap[child];
        const right = heap[child + 1];
        if (below !== undefined && right !== undefined && isBefore(right, below)) {
          child++;
          below = right;
        }
        if (below === undefined || !isBefore(below, last)) break;
        heap[at] = below;
        at = child;
      }
      heap[at] = last;
    },
  };
};
