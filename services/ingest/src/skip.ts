import { type NewEvent, type Quarantined, type RecordedEvent, SCHEMA_VERSION } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type Appended, type EventLog, WrongExpectedRevision } from '@rollcall/event-log';

/** Another writer may be first so many times; it writes as fast as the PBX talks about one channel. */
const ATTEMPTS = 100;

export type SkipOptions = {
  log: EventLog;
  world: Pick<World, 'clock' | 'random'>;
  /** What is to be passed over. */
  refused: Pick<Quarantined, 'stream' | 'revision'>;
  /** Why, in the operator's words: 1 to 500 characters. */
  reason: string;
};

/**
 * Writes an operator's word that a refused event is to be passed over; whoever folds the stream goes on behind it. The PBX's writer
 * may be writing to the same stream: whoever is second tries again behind what the first one wrote.
 * @throws RollcallError STREAM_MISSING, STREAM_OVER, STREAM_BUSY, and those of EventLog.append
 */
export const skipRefused = async ({ log, world, refused, reason }: SkipOptions): Promise<Appended> => {
  const { stream, revision } = refused;
  const { pbx, boot } = await refusedEvent(log, refused);
  const event: NewEvent = {
    ...{ id: world.random.uuid(), time: world.clock.now(), pbx, boot, source: 'operator', schema: SCHEMA_VERSION },
    ...{ type: 'EventSkipped', data: { revision, reason } },
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = (await log.heads([stream])).get(stream);
    if (!head) throw missing(refused);
    if (head.closed) throw over(stream);
    try {
      return await log.append(stream, head.revision, [event]);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
  throw new RollcallError(
    'STREAM_BUSY',
    `${stream} is written to without a pause: another writer was first ${ATTEMPTS} times.`,
    'Try again.',
  );
};

const refusedEvent = async (log: EventLog, refused: SkipOptions['refused']): Promise<RecordedEvent> => {
  for await (const [event] of log.readStream(refused.stream, refused.revision)) {
    if (event?.revision === refused.revision) return event;
    break;
  }
  throw missing(refused);
};

const missing = ({ stream, revision }: SkipOptions['refused']) =>
  new RollcallError('STREAM_MISSING', `The log has no event ${revision} of ${stream}.`, 'See "rollcall quarantine".');

/** An event behind the end would open the stream again. */
const over = (stream: string) =>
  new RollcallError(
    'STREAM_OVER',
    `${stream} has ended meanwhile: nothing is to be skipped.`,
    'There is nothing to do.',
  );
