import { namedType, type Quarantined, type RecordedEvent } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';
import { z } from 'zod';
import { setAside, setAsideSchema } from './set-aside.ts';

/** Of those that wait, so many are shown; all are counted. */
const SHOWN = 200;
const TEXT_LIMIT = 2_000;

const eventSchema = z.object({
  revision: z.int(),
  position: z.int(),
  /** Milliseconds since 1970: the PBX's time where it gave one. */
  time: z.number(),
  recorded: z.number(),
  source: z.string(),
  schema: z.int(),
  type: z.string(),
  /** Its data as it stands in the log, cut to 2,000 characters. */
  text: z.string(),
});

export const refusedEventSchema = setAsideSchema.extend({
  event: eventSchema,
  /** What waits behind it; the first of it where that is much. */
  waits: z.array(eventSchema),
});

export type RefusedEvent = z.output<typeof refusedEventSchema>;

/** The event that holds a stream up, as it stands, and what waits behind it. */
export const readRefused = async (held: Quarantined, cache: CacheReader, log: EventLog): Promise<RefusedEvent> => {
  const events: RecordedEvent[] = [];
  for await (const batch of log.readStream(held.stream, held.revision)) {
    events.push(...batch.filter(({ revision }) => revision <= held.head));
    if (events.length > SHOWN) break;
  }
  const [refused, ...behind] = events.map(shown);
  if (refused) return { ...setAside(held, cache), event: refused, waits: behind.slice(0, SHOWN) };
  throw new RollcallError(
    'STREAM_MISSING',
    `The log has no event ${held.revision} of ${held.stream}.`,
    'The log is damaged: restore a backup of the data directory.',
  );
};

const shown = (event: RecordedEvent): RefusedEvent['event'] => {
  const { revision, position, time, recorded, source, schema } = event;
  const text = event.type === 'Unreadable' ? event.data.text : JSON.stringify(event.data);
  return {
    revision,
    position,
    time,
    recorded,
    source,
    schema,
    type: namedType(event),
    text: text.slice(0, TEXT_LIMIT),
  };
};
