import type { Source } from '@rollcall/channel';
import { z } from 'zod';

/**
 * An export is lines of JSON: a header, the events in log order, an end. An event's `data` stands as it does in the log; where
 * its text is not what JSON.stringify gives (nothing of Rollcall's is), the text itself stands as `text`.
 */
export const EXPORT_VERSION = 1;

const place = z.int().nonnegative();

export const exportHeaderSchema = z.strictObject({
  rollcallLog: z.int(),
  /** Identity of the log, and when it was made. */
  id: z.uuid(),
  created: z.string().max(100),
  /** What follows begins after this position; 0: with the first event. */
  from: place,
  /** How far the log was compacted when a part of it was exported. */
  compactedTo: place.optional(),
});

export const exportedEventSchema = z.strictObject({
  position: place.min(1),
  stream: z.string().min(1),
  pbx: z.string(),
  revision: place,
  type: z.string().min(1),
  boot: z.int(),
  // Whatever it says: a newer Rollcall may know of more.
  source: z.custom<Source>((source) => typeof source === 'string', 'Invalid input: expected string'),
  schema: z.int(),
  time: z.number(),
  recorded: z.number(),
  id: z.string(),
  data: z.unknown().optional(),
  text: z.string().optional(),
});

export const exportEndSchema = z.strictObject({
  rollcallLogEnd: z.strictObject({
    events: place,
    /** Sum of the events' checksums modulo 2^48. */
    checksums: place,
    compactedTo: place,
  }),
});

export type ExportHeader = z.infer<typeof exportHeaderSchema>;
export type ExportedEvent = z.infer<typeof exportedEventSchema>;
export type ExportEnd = z.infer<typeof exportEndSchema>;

export const headerLine = (header: ExportHeader): string => `${JSON.stringify(header)}\n`;
export const endLine = (end: ExportEnd['rollcallLogEnd']): string => `${JSON.stringify({ rollcallLogEnd: end })}\n`;

/** What lines of the same stream, or of the same kind, have in common. */
export const streamMembers = (name: string, pbx: string): string =>
  `"stream":${JSON.stringify(name)},"pbx":${JSON.stringify(pbx)}`;
export const kindMembers = (kind: { type: string; boot: number; source: string; schema: number }): string =>
  `"type":${JSON.stringify(kind.type)},"boot":${kind.boot},"source":${JSON.stringify(kind.source)},"schema":${kind.schema}`;

const dataMember = (text: string): string => {
  try {
    if (JSON.stringify(JSON.parse(text)) === text) return `"data":${text}`;
  } catch {
    // It is not JSON, and still what the log holds.
  }
  return `"text":${JSON.stringify(text)}`;
};

export type EventMembers = {
  position: number;
  revision: number;
  time: number;
  recorded: number;
  id: string;
  text: string;
};

export const eventLine = (event: EventMembers, stream: string, kind: string): string =>
  `{"position":${event.position},${stream},"revision":${event.revision},${kind},"time":${event.time},` +
  `"recorded":${event.recorded},"id":${JSON.stringify(event.id)},${dataMember(event.text)}}\n`;
