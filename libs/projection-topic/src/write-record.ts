import { crc32 } from 'node:zlib';
import type { Message } from 'kafkajs';
import { writeHeaders } from './headers.ts';
import { channelKey } from './partition.ts';
import type { ChannelSnapshot } from './snapshot.ts';

/** What tells, without reading the value, whether two snapshots are the same. */
export const digestOf = (value: string | Buffer): number => crc32(value);

/** Of which event log, and when it is written, in milliseconds since 1970. */
export type Written = { log: string; time: number };

/** The record that says what a channel is now. */
export const snapshotMessage = (channel: ChannelSnapshot, value: string, { log, time }: Written): Message => {
  const { pbx, uniqueid, boot, revision, position } = channel;
  const key = channelKey(pbx, uniqueid);
  const mark = digestOf(value).toString(16);
  const described = { log, boot, revision, position, time, key, type: 'rollcall.channel.snapshot', mark };
  return { key, value, headers: { 'content-type': 'application/json', ...writeHeaders(described) } };
};

/** The record that says that a channel is over; as of which place, its headers say. */
export const tombstoneMessage = (
  key: string,
  end: { log: string; boot: number; revision: number; position: number },
  time: number,
): Message => {
  const described = { ...end, time, key, type: 'rollcall.channel.destroyed', mark: 'end' };
  return { key, value: null, headers: writeHeaders(described) };
};
