import type { RecordedEvent, Revision } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { Step } from './step.ts';

export type ProjectorCounters = {
  applied: number;
  duplicates: number;
  gaps: number;
  /** Events that no handler could take: each set its stream aside. An operator should hear of it. */
  refused: number;
  /** Events behind a refused one. */
  waiting: number;
};

export const createCounters = (): ProjectorCounters => ({ applied: 0, duplicates: 0, gaps: 0, refused: 0, waiting: 0 });

export type StreamReader = Pick<EventLog, 'readStream'>;

/**
 * Applies events in order; what the log has and the step lacks is read from the log.
 * @throws RollcallError LOG_GAP when the log itself lacks an event
 */
export const applyAll = async (
  log: StreamReader,
  step: Step,
  events: Iterable<RecordedEvent>,
  counters: ProjectorCounters,
): Promise<void> => {
  for (const event of events) {
    switch (step.apply(event)) {
      case 'applied':
        counters.applied++;
        break;
      case 'duplicate':
        counters.duplicates++;
        break;
      case 'refused':
        counters.refused++;
        break;
      case 'waits':
        counters.waiting++;
        break;
      case 'gap':
        counters.gaps++;
        await fillGap(log, step, event, counters);
        break;
      case 'resumes':
        await resume(log, step, event, counters);
    }
  }
};

/** Reads what is missing before `event`, and the event itself, from its stream; what comes after it is not yet due. */
const fillGap = async (
  log: StreamReader,
  step: Step,
  event: RecordedEvent,
  counters: ProjectorCounters,
): Promise<void> => {
  const from = step.next(event);
  const missing = await readUpTo(log, event, from);
  if (missing[0]?.revision !== from || missing.some(({ revision }, index) => revision !== from + index)) {
    throw gap(event, from);
  }
  await applyAll(log, step, missing, counters);
};

/** An operator has skipped the event that held the stream up: what waited behind it is applied now. */
const resume = async (
  log: StreamReader,
  step: Step,
  event: RecordedEvent,
  counters: ProjectorCounters,
): Promise<void> => {
  const held = step.quarantined(event.stream);
  if (!held) return;
  const [refused, ...waiting] = await readUpTo(log, event, held.revision);
  if (refused?.revision !== held.revision) throw gap(event, held.revision);
  step.skip(refused);
  await applyAll(log, step, waiting, counters);
};

const readUpTo = async (log: StreamReader, event: RecordedEvent, from: Revision): Promise<RecordedEvent[]> => {
  const found: RecordedEvent[] = [];
  for await (const batch of log.readStream(event.stream, from)) {
    for (const one of batch) {
      if (one.revision > event.revision) return found;
      found.push(one);
    }
  }
  return found;
};

const gap = (event: RecordedEvent, from: number) =>
  new RollcallError(
    'LOG_GAP',
    `Stream ${event.stream} lacks revision ${from} before position ${event.position}.`,
    'The log is damaged: restore a backup of the data directory.',
  );
