import type { World } from '@rollcall/clock';
import type { DataDir } from '../data-dir.ts';
import type { Projection } from '../projection.ts';

/** The parts of a Rollcall that operations work on. */
export type Operated = {
  dir: DataDir;
  projection: Projection;
  world: World;
};
