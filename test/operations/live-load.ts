import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '@rollcall/event-log';
import { channelLives, type LifeAppend } from '../bench/channel-lives.ts';

const TICK_MS = 10;
/** After the machine stood still, no more than this is made up for at once. */
const MOST = 200;

const append = (log: EventLog, lives: readonly LifeAppend[]): Promise<unknown> =>
  Promise.all(lives.map(({ stream, expected, event }) => log.append(stream, expected, [event])));

/** The lives of channels that overlap, as they happen: so many events a second, until it is stopped. */
export const liveLoad = async (log: EventLog, options: { before: number; eventsPerSecond: number; most: number }) => {
  const { before, eventsPerSecond, most } = options;
  const lives = channelLives(before + most);
  let next = 0;
  for (; next < before; next += 1_000) await append(log, lives.slice(next, Math.min(before, next + 1_000)));
  next = before;
  let stopped = false;
  const feeding = (async (): Promise<void> => {
    const begin = performance.now();
    let missed = 0;
    while (!stopped) {
      const due = before + Math.floor(((performance.now() - begin) * eventsPerSecond) / 1_000) - missed;
      const to = Math.min(due, next + MOST, lives.length);
      missed += due - to;
      await append(log, lives.slice(next, to));
      next = to;
      await delay(TICK_MS);
    }
  })();
  return {
    /** Events appended so far. */
    appended: () => next,
    stop: async () => {
      stopped = true;
      await feeding;
    },
  };
};
