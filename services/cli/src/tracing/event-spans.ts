import { type Context, type HrTime, ROOT_CONTEXT, TraceFlags, type Tracer, trace } from '@opentelemetry/api';
import type { NewEvent } from '@rollcall/channel';

/** The trace of an event has the event's own id, so that processes that share nothing but the log tell of one trace. */
export const traceIdOf = (eventId: string): string => eventId.replaceAll('-', '').toLowerCase();

/** Of the first span of that trace. */
export const rootIdOf = (eventId: string): string => traceIdOf(eventId).slice(16);

/** What the next span without a parent is called by; undefined: by chance. */
export type NextRoot = { eventId: string | undefined };

/** `[from, to]` in milliseconds since 1970, with fractions. */
export type Span = [from: number, to: number];

/** Told of an event's way, part by part. An id that is no UUID (an import's) has no trace. */
export const createEventSpans = (tracer: Tracer, next: NextRoot) => {
  const attributes = (event: NewEvent, stream: string) => ({
    'rollcall.event.id': event.id,
    'rollcall.event.type': event.type,
    'rollcall.stream': stream,
    'rollcall.pbx': event.pbx,
  });
  return {
    /** The whole way of one event to the log; `heard`: when its bytes came, if they did. */
    root: (event: NewEvent, stream: string, [from, to]: Span, failed: unknown): void => {
      if (!isUuid(event.id)) return;
      next.eventId = event.id;
      const startTime = precise(from);
      const span = tracer.startSpan('event', { root: true, startTime, attributes: attributes(event, stream) });
      next.eventId = undefined;
      if (failed !== undefined) span.recordException(failed instanceof Error ? failed : String(failed));
      span.end(precise(to));
    },
    part: (name: string, event: NewEvent, stream: string, [from, to]: Span): void => {
      if (!isUuid(event.id)) return;
      const startTime = precise(from);
      tracer.startSpan(name, { startTime, attributes: attributes(event, stream) }, within(event.id)).end(precise(to));
    },
  };
};

export type EventSpans = ReturnType<typeof createEventSpans>;

const within = (eventId: string): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdOf(eventId),
    spanId: rootIdOf(eventId),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });

const isUuid = (id: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);

const precise = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
};
