import type { IHeaders } from 'kafkajs';
import { RECORD_SCHEMA, type RecordHeaders, readHeaders } from './headers.ts';
import { channelKey, parseKey } from './partition.ts';
import { type ChannelSnapshot, channelSchema } from './snapshot.ts';
import type { Version } from './version.ts';

/** A record as it was fetched. `timestamp`: milliseconds since 1970. */
export type RawRecord = {
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
};

/**
 * - `foreign`: not of Rollcall, or damaged
 * - `unknown-schema`: a snapshot of a version of Rollcall that this one does not know
 */
export type ChannelRecord =
  | { is: 'snapshot'; key: string; version: Version; channel: ChannelSnapshot }
  | { is: 'tombstone'; key: string; version: Version }
  | { is: 'foreign'; key: string; why: string }
  | { is: 'unknown-schema'; key: string; schema: number };

/** Believes nothing: a topic may hold what anybody wrote. */
export const readChannelRecord = (record: RawRecord): ChannelRecord => {
  const place = readPlace(record);
  if ('why' in place) return { is: 'foreign', ...place };
  const { key, headers } = place;
  const { log, boot, revision, schema } = headers;
  const version = { log, boot, revision, gone: record.value === null };
  if (record.value === null) return { is: 'tombstone', key, version };
  if (schema !== RECORD_SCHEMA) return { is: 'unknown-schema', key, schema };
  const channel = channelSchema.safeParse(parseJson(record.value));
  if (!channel.success) {
    const issue = channel.error.issues[0];
    return { is: 'foreign', key, why: `its value is not a channel: ${issue?.path.join('.')}: ${issue?.message}` };
  }
  const { data } = channel;
  const fits = channelKey(data.pbx, data.uniqueid) === key && data.boot === boot && data.revision === revision;
  return fits
    ? { is: 'snapshot', key, version, channel: data }
    : { is: 'foreign', key, why: 'its value is not of its key and headers' };
};

/** What a record is about, as far as its key and headers say. */
export const readPlace = ({
  key,
  headers,
}: RawRecord): { key: string; headers: RecordHeaders } | { key: string; why: string } => {
  const name = key?.toString() ?? '';
  if (!parseKey(name)) return { key: name, why: 'its key is not PBX/UNIQUEID' };
  const ours = readHeaders(headers);
  return ours ? { key: name, headers: ours } : { key: name, why: 'it has not the headers of a record of Rollcall' };
};

export const parseJson = (value: Buffer): unknown => {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
};
