import { type NewEvent, position, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Appended, ExpectedRevision } from '../event-log.ts';
import { WrongExpectedRevision } from '../wrong-expected-revision.ts';
import type { Names } from './names.ts';
import { positionOf, proposalOf } from './record.ts';
import type { Server } from './server.ts';
import type { Streams } from './streams.ts';
import { appendMessages, type Proposal } from './wire.ts';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

const eventInvalid = (stream: string, what: string): RollcallError =>
  new RollcallError(
    'EVENT_INVALID',
    `An event for stream ${stream} cannot be stored: ${what}.`,
    'This is a mistake in the program that appends.',
  );

/** @throws RollcallError EVENT_INVALID, LOG_SCHEMA_UNKNOWN: what could not be read back as it is */
const proposal = (stream: string, event: NewEvent): Proposal => {
  if (event.schema !== SCHEMA_VERSION) {
    throw new RollcallError(
      'LOG_SCHEMA_UNKNOWN',
      `Event ${event.id} has schema ${event.schema}; this Rollcall writes schema ${SCHEMA_VERSION}.`,
      'Import it with the version of Rollcall that wrote it, or a newer one.',
    );
  }
  if (!UUID.test(event.id)) throw eventInvalid(stream, `its id ${JSON.stringify(event.id)} is no UUID in lower case`);
  if (!Number.isFinite(event.time)) throw eventInvalid(stream, `its time ${event.time} is no number`);
  try {
    return proposalOf(event);
  } catch (error) {
    throw eventInvalid(stream, `its data is not JSON: ${error instanceof Error ? error.message : error}`);
  }
};

/**
 * One append: all of it or nothing. Sent again after any failure it is the same request, same ids and same revision, so that the
 * server knows what it has already.
 * @throws WrongExpectedRevision, RollcallError LOG_UNAVAILABLE, LOG_NOT_LEADER, LOG_ACCESS_DENIED, LOG_STREAM_DELETED,
 *   LOG_APPEND_TOO_LARGE, LOG_REFUSED, EVENT_INVALID, LOG_SCHEMA_UNKNOWN, APPEND_EMPTY
 */
export const appendTo = async (
  { server, streams, names }: { server: Server; streams: Streams; names: Names },
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Appended> => {
  const name = names.inStore(stream);
  if (events.length === 0) {
    throw new RollcallError(
      'APPEND_EMPTY',
      `An append to stream ${stream} has no events.`,
      'Append nothing when nothing changed; this is a mistake in the program that appends.',
    );
  }
  const proposals = events.map((event) => proposal(stream, event));
  const response = await server.append(appendMessages(name, expected, proposals));
  const success = response.getSuccess();
  if (!success) {
    const wrong = response.getWrongExpectedVersion();
    const actual = wrong?.hasCurrentRevision() ? revision(Number(wrong.getCurrentRevision())) : 'none';
    throw new WrongExpectedRevision(stream, expected, actual);
  }
  const at = revision(Number(success.getCurrentRevision()));
  const place = success.getPosition();
  if (place) return { revision: at, position: position(Number(place.getCommitPosition())) };
  // A server that knows the append from before does not always say where it stands.
  const last = await streams.event(name, at);
  return { revision: at, position: position(last ? positionOf(last) : 0) };
};
