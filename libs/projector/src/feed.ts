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
 * @param turn what there is already is read and folded through it; what is to come is not waited for in it. Default: at once
 * @throws RollcallError LOG_GAP when the log itself lacks an event
 */
export async function* tell(
  log: EventLog,
  from: Position,
  signal: AbortSignal,
  turn?: <Result>(work: () => Promise<Result>) => Promise<Result>,
): AsyncIterable<Told[]> {
  // Who is gone when his turn comes has nothing folded for him.
  const replayed = async () => (signal.aborted ? undefined : replayOpen(log, from));
  const cache = await (turn ? turn(replayed) : replayed());
  if (!cache) return;
  const counters = createCounters();
  const take = async (batch: readonly RecordedEvent[]): Promise<Told[]> => {
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
    return told;
  };
  const batches = log.subscribe(from, signal)[Symbol.asyncIterator]();
  const next = async (): Promise<{ last: Position | undefined; told: Told[] } | undefined> => {
    const { done, value } = await batches.next();
    return done ? undefined : { last: value.at(-1)?.position, told: await take(value) };
  };
  try {
    for (let last = from; ; ) {
      // What is there already is not waited for.
      const isThere = turn !== undefined && last < (await log.head());
      const taken = await (isThere ? turn(next) : next());
      if (!taken) return;
      last = taken.last ?? last;
      if (taken.told.length > 0) yield taken.told;
    }
  } finally {
    await batches.return?.();
  }
}
