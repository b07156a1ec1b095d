// The list of one log, kept in one process. Kafka's client is read only where something is published.
export { createBreath } from './breath.ts';
export { type DataDir, type DataDirOptions, imagePath, openDataDir, openDataDirBeside } from './data-dir.ts';
export { type Fold, startFold } from './fold.ts';
export type { Generations, RebuildRequest, RebuildResult } from './generations.ts';
export { type Projection, startProjection } from './projection.ts';
export { startPublishing } from './publishing.ts';
