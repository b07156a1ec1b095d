import { type Position, pbxStream, position, type RecordedEvent, revision, takeable } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';

type Log = Pick<EventLog, 'heads' | 'readStream'>;

/** So many events of a PBX's stream are as quickly read as one. */
const AT_ONCE = 1_000;
/** Before the window: enough to hold the connection before. */
const BEFORE = 20;

export type PbxEvents = {
  /** Up to BEFORE events before the window. */
  before: RecordedEvent[];
  /** Those of the window; the last of them, where they are more than `limit`. */
  within: RecordedEvent[];
  /** How many of the window are left out. */
  leftOut: number;
};

/**
 * What a PBX's own stream says between two positions, both excluded: connections, restarts, comparisons. However long that stream
 * is, little more than this is read of it.
 */
export const readPbxEvents = async (
  log: Log,
  pbx: string,
  window: { after: Position; before: Position; limit: number },
): Promise<PbxEvents> => {
  const { after, before, limit } = window;
  const stream = pbxStream(pbx);
  const found: PbxEvents = { before: [], within: [], leftOut: 0 };
  const from = (await revisionNear(log, stream, after)) - BEFORE;
  for await (const batch of log.readStream(stream, revision(Math.max(0, from)))) {
    for (const event of batch) {
      if (event.position >= before) return found;
      keep(found, takeable(event), after, limit);
    }
  }
  return found;
};

const keep = (found: PbxEvents, event: RecordedEvent, after: Position, limit: number): void => {
  const kept = event.position > after ? found.within : found.before;
  kept.push(event);
  if (kept === found.before && kept.length > BEFORE) kept.shift();
  if (kept === found.within && kept.length > limit) {
    kept.shift();
    found.leftOut++;
  }
};

/** A revision of the stream at most AT_ONCE before the first event after that position, found by halving. */
const revisionNear = async (log: Log, stream: string, after: Position): Promise<number> => {
  let low = 0;
  let high = (await log.heads([stream])).get(stream)?.revision ?? 0;
  while (high - low > AT_ONCE) {
    const middle = Math.floor((low + high) / 2);
    if ((await positionOf(log, stream, middle)) > after) high = middle;
    else low = middle;
  }
  return low;
};

const positionOf = async (log: Log, stream: string, at: number): Promise<Position> => {
  for await (const [event] of log.readStream(stream, revision(at))) if (event) return event.position;
  return position(Number.MAX_SAFE_INTEGER);
};
