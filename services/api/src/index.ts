export { DEFAULT_LIMITS, type HttpLimits } from './access/limits.ts';
export { redactedUrl } from './access/redact.ts';
export { type AmiFace, type AmiOptions, createAmiFace } from './ami/face.ts';
export type { Follow } from './hub.ts';
export { listen, listenBeside } from './listen.ts';
export {
  createMetrics,
  groupMetrics,
  ingestMetrics,
  listMetrics,
  type Metrics,
  metricsRoute,
  publisherMetrics,
  type SessionReading,
  spoolMetrics,
  timedAppends,
  timeRequests,
} from './metrics/index.ts';
export type { ApiOptions, Tls } from './options.ts';
export type { Readiness } from './readiness.ts';
export { createApi } from './server.ts';
