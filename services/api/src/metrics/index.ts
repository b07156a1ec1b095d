export { groupMetrics, publisherMetrics, spoolMetrics, timedAppends } from './engines.ts';
export { ingestMetrics, type SessionReading } from './ingest.ts';
export { listMetrics } from './list.ts';
export { createMetrics, type Metrics } from './registry.ts';
export { metricsRoute, timeAnswers } from './serve.ts';
