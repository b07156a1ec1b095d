import { systemWorld, type World } from '@rollcall/clock';

/** For tests: a world whose time is what the test says. */
export const settingClock = (): World & { now: number } => {
  const world = { ...systemWorld, now: 1_760_000_000_000 };
  return Object.assign(world, { clock: { ...systemWorld.clock, now: () => world.now } });
};
