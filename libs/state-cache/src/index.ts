export { canonicalLines, type Difference, differences, digest } from './canonical.ts';
export { IMAGE_VERSION, readImage, writeImage } from './image.ts';
export { createMemoryCache } from './memory.ts';
export type { CacheReader, Changes, StateCache } from './state-cache.ts';
