export { canonicalLines, digest } from './canonical.ts';
export { type Difference, differences, indexDifferences } from './differences.ts';
export { IMAGE_VERSION, readImage, writeImage } from './image.ts';
export { createMemoryCache } from './memory.ts';
export type { CacheReader, Changes, StateCache } from './state-cache.ts';
export { isUncertain } from './uncertain.ts';
