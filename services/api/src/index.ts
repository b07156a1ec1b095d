export type { Readiness } from './health.ts';
export type { ApiOptions } from './options.ts';
export { createApi, listen } from './server.ts';
