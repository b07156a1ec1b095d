import { systemWorld, type World } from '@rollcall/clock';

/** A world in which nobody waits: sleep takes no time, and the clock moves on by it. */
export const hastyWorld = (): World => {
  let now = 1_700_000_000_000;
  return {
    clock: { now: () => now, monotonic: () => now },
    random: { ...systemWorld.random, float: () => 0.5 },
    scheduler: {
      after: () => () => {},
      sleep: async (ms) => {
        now += ms;
      },
    },
  };
};
