import type { Channel, Pbx, Position, RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { applyAll, createCounters } from './apply-all.ts';
import { replayOpen } from './replay.ts';
import { createStep } from './step.ts';

/** One event of the log that counted, and what it changed. */
export type Told = {
  event: RecordedEvent;
  /** The channel as it was before the event, and as it is after it: undefined where there is none. */
  before: Channel | undefined;
  after: Channel | undefined;
  /** The PBX after the event. */
  pbx: Pbx | undefined;
};

/**
 * What happened after `from`, event by event in the order of the log, then whatever happens, until `signal` aborts. Events that
 * change nothing (duplicates, and what is set aside) are left out; what waited in a stream that goes on again is told together, as
 * the event that let it go on.
 * @throws RollcallError LOG_GAP when the log itself lacks an event
 */
export async function* tell(log: EventLog, from: Position, signal: AbortSignal): AsyncIterable<Told[]> {
  const cache = await replayOpen(log, from);
  const counters = createCounters();
  for await (const batch of log.subscribe(from, signal)) {
    const told: Told[] = [];
    for (const event of batch) {
      const before = cache.get(event.stream);
      const pbxBefore = cache.pbx(event.pbx);
      const step = createStep(cache);
      await applyAll(log, step, [event], counters);
      cache.commit(step.changes(event.position));
      const after = cache.get(event.stream);
      const pbx = cache.pbx(event.pbx);
      if (after !== before || pbx !== pbxBefore) told.push({ event, before, after, pbx });
    }
    if (told.length > 0) yield told;
  }
}
