import type { Clock, Scheduler } from '@rollcall/clock';

/** Does a piece of work when its turn has come. */
export type Turn = <Result>(work: () => Result | Promise<Result>) => Promise<Result>;

/** Milliseconds that such work may take, of all together, before whatever else waits has its turn, and for how long it has that. */
const TURN_MS = 10;
const REST_MS = 5;

type Options = {
  clock: Pick<Clock, 'monotonic'>;
  scheduler?: Pick<Scheduler, 'sleep'> | undefined;
  /** Less where pieces are short. */
  rest?: number;
};

/**
 * Work of many askers that takes long enough for others to notice: one piece after the other, in the order of asking, and everything else
 * in between. Whoever asks for much at once waits for himself. A piece is over when what it returns is: it waits for nobody outside.
 */
export const createTurns = ({ clock, scheduler, rest = REST_MS }: Options): Turn => {
  const waiting: (() => Promise<void>)[] = [];
  let isGoing = false;
  let began = Number.NEGATIVE_INFINITY;
  let ended = began;

  const go = async (): Promise<void> => {
    isGoing = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const now = clock.monotonic();
      if (now - ended >= TURN_MS) began = now;
      await next();
      ended = clock.monotonic();
      if (ended - began < TURN_MS) continue;
      // From the end of this one on: a timer that was over by then would keep everything else waiting.
      await scheduler?.sleep(rest);
      began = clock.monotonic();
    }
    isGoing = false;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push(async () => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      });
      if (!isGoing) void go();
    });
};
