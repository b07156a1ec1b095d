import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import {
  type NewEvent,
  parseStream,
  position,
  type RecordedEvent,
  readEvent,
  revision,
  type Source,
  unreadable,
} from '@rollcall/channel';
import { RollcallError } from '@rollcall/errors';
import type { Proposal } from './wire.ts';

/** An event as the server gives it. */
export type Stored = InstanceType<typeof ReadResp.ReadEvent.RecordedEvent>;

type Envelope = Pick<NewEvent, 'time' | 'pbx' | 'boot' | 'source' | 'schema'>;

/** What the server uses for "no position": the greatest number of 64 bits. */
const NO_POSITION = '18446744073709551615';

/** Data as the event's data, the envelope as its metadata. */
export const proposalOf = (event: NewEvent): Proposal => {
  const { id, type, data, time, pbx, boot, source, schema } = event;
  const envelope: Envelope = { time, pbx, boot, source, schema };
  return { id, type, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from(JSON.stringify(envelope)) };
};

/** Without a copy: this runs for each event of a replay. */
const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString();

const NO_BYTES = new Uint8Array();

export const streamNameOf = (stored: Stored): string =>
  textOf(stored.getStreamIdentifier()?.getStreamName_asU8() ?? NO_BYTES);

export const typeOf = (stored: Stored): string => stored.getMetadataMap().get('type') ?? '';

/** @throws RollcallError LOG_REFUSED from a server that tells no position of events read from a stream (before 22.6) */
export const positionOf = (stored: Stored): number => {
  const at = stored.getCommitPosition();
  if (at !== NO_POSITION && at !== '0') return Number(at);
  throw new RollcallError(
    'LOG_REFUSED',
    `The event log gives no position for revision ${stored.getStreamRevision()} of ${streamNameOf(stored)}.`,
    'Use EventStoreDB from 23.10 on, or KurrentDB.',
  );
};

/** The server writes its time in ticks, of which a millisecond has ten thousand. */
export const recordedAt = (stored: Stored): number =>
  Number((stored.getMetadataMap().get('created') ?? '').slice(0, -4));

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    return undefined;
  }
};

const SOURCES: readonly unknown[] = ['ami', 'ari', 'reconcile', 'operator'] satisfies Source[];

const isEnvelope = (value: unknown): value is Envelope => {
  if (typeof value !== 'object' || value === null) return false;
  const { time, pbx, boot, source, schema }: Partial<Record<keyof Envelope, unknown>> = value;
  return (
    typeof time === 'number' &&
    typeof pbx === 'string' &&
    Number.isInteger(boot) &&
    Number.isInteger(schema) &&
    SOURCES.includes(source)
  );
};

/**
 * An event of ours as it was appended, in its place. Whatever else stands in one of our streams is handed over as unreadable,
 * under an envelope that says as much as its place tells.
 * @param prefix that of the installation, which the stream's name begins with
 */
export const recordedEvent = (stored: Stored, prefix: string): RecordedEvent => {
  const stream = streamNameOf(stored).slice(prefix.length);
  const recorded = recordedAt(stored);
  const place = {
    id: stored.getId()?.getString() ?? '',
    stream,
    revision: revision(Number(stored.getStreamRevision())),
    position: position(positionOf(stored)),
    recorded,
  };
  const type = typeOf(stored);
  const envelope = jsonOf(stored.getCustomMetadata_asU8());
  if (!isEnvelope(envelope)) {
    const { pbx = '', boot = 0 } = parseStream(stream) ?? {};
    const foreign = unreadable(type, textOf(stored.getData_asU8()), 'its metadata is not that of an event of Rollcall');
    return { ...foreign, ...place, time: recorded, pbx, boot, source: 'operator', schema: 0 };
  }
  const { time, pbx, boot, source, schema } = envelope;
  const data = jsonOf(stored.getData_asU8());
  const content =
    data === undefined
      ? unreadable(type, textOf(stored.getData_asU8()), 'its data is not JSON')
      : readEvent({ type, data }, schema);
  return { ...content, ...place, time, pbx, boot, source, schema };
};
