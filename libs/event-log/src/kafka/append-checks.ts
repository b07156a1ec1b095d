import { type NewEvent, SCHEMA_VERSION } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Append, EventToWrite } from '../embedded/write-append.ts';
import type { ExpectedRevision } from '../event-log.ts';

/**
 * The append, encoded, once it is sure that every reader will take it for one.
 * @throws RollcallError APPEND_EMPTY, LOG_SCHEMA_UNKNOWN, EVENT_INVALID
 */
export const checkedAppend = (stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Append => {
  if (events.length === 0) {
    throw new RollcallError(
      'APPEND_EMPTY',
      `An append to stream ${stream} has no events.`,
      'Append nothing when nothing changed; this is a mistake in the program that appends.',
    );
  }
  for (const event of events) {
    if (event.schema !== SCHEMA_VERSION) {
      throw new RollcallError(
        'LOG_SCHEMA_UNKNOWN',
        `Event ${event.id} has schema ${event.schema}; this Rollcall writes schema ${SCHEMA_VERSION}.`,
        'Import it with the version of Rollcall that wrote it, or a newer one.',
      );
    }
    if (event.id === '' || event.pbx === '' || !Number.isFinite(event.time) || !Number.isInteger(event.boot)) {
      throw new RollcallError(
        'EVENT_INVALID',
        `An event for stream ${stream} cannot be stored: its envelope is not whole.`,
        'This is a mistake in the program that appends.',
      );
    }
  }
  const stray = events.find(({ pbx }) => pbx !== events[0]?.pbx);
  if (stray) throw ofOtherPbx(stream, events[0]?.pbx ?? '', stray);
  return { stream, expected, events, texts: events.map(({ data }) => JSON.stringify(data)) };
};

export const ofOtherPbx = (stream: string, pbx: string, stray: EventToWrite): RollcallError =>
  new RollcallError(
    'EVENT_OF_OTHER_PBX',
    `Event ${stray.id} is of PBX ${stray.pbx}, stream ${stream} of ${pbx}.`,
    'A stream holds events of one PBX; this is a mistake in the program that appends.',
  );
