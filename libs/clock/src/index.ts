export { systemWorld } from './system.ts';
export type { Cancel, Clock, Random, Scheduler, World } from './world.ts';
