export type { Readiness } from './health.ts';
export { type ApiOptions, createApi, listen } from './server.ts';
