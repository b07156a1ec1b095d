import type { NodeTracerConfig } from '@opentelemetry/sdk-trace-node';
import type { Clock } from '@rollcall/clock';
import { createEventSpans, type NextRoot, rootIdOf, traceIdOf } from './event-spans.ts';
import { createTraced, type Traced } from './traced.ts';

export type Tracing = Traced & {
  /** Sends what is not sent yet. */
  close: () => Promise<void>;
};

/**
 * Traces of events, sent by OTLP over HTTP to `OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`); undefined where neither is set, and
 * nothing of it is loaded then. `OTEL_TRACES_SAMPLER_ARG` is the share of events that is traced (default: 1); by the event's id, so
 * all processes trace the same ones. `OTEL_SERVICE_NAME` (default: rollcall) is who tells. The exporter reads its other OTEL_EXPORTER_OTLP_… variables by itself.
 */
export const startTracing = async (
  env: Readonly<Record<string, string | undefined>>,
  { clock }: { clock: Clock },
): Promise<Tracing | undefined> => {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return undefined;
  const { BatchSpanProcessor, NodeTracerProvider, RandomIdGenerator, TraceIdRatioBasedSampler } = await import(
    '@opentelemetry/sdk-trace-node'
  );
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const chance = new RandomIdGenerator();
  const next: NextRoot = { eventId: undefined };
  const share = Number(env.OTEL_TRACES_SAMPLER_ARG ?? 1);
  const provider = new NodeTracerProvider({
    resource: resourceNamed(env.OTEL_SERVICE_NAME || 'rollcall'),
    sampler: new TraceIdRatioBasedSampler(Number.isFinite(share) ? share : 1),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
    idGenerator: {
      generateTraceId: () => (next.eventId ? traceIdOf(next.eventId) : chance.generateTraceId()),
      generateSpanId: () => (next.eventId ? rootIdOf(next.eventId) : chance.generateSpanId()),
    },
  });
  const traced = createTraced(createEventSpans(provider.getTracer('rollcall'), next), clock);
  // Traces that cannot be sent keep nothing from ending.
  return { ...traced, close: () => provider.shutdown().catch(() => {}) };
};

/** Without one every process would be an `unknown_service`. It is never merged with another, and stands at once. */
const resourceNamed = (service: string): NonNullable<NodeTracerConfig['resource']> => {
  const attributes = { 'service.name': service };
  const resource = { attributes, getRawAttributes: () => Object.entries(attributes), merge: () => resource };
  return resource;
};
