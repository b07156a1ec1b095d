import type { Message } from 'kafkajs';
import { writeHeaders } from './headers.ts';
import type { Checkpoint, PbxSnapshot } from './snapshot.ts';
import { digestOf, type Written } from './write-record.ts';

/** `partition`: as for the checkpoint. Positions are places in the partition of the log then, so each says it for its own channels. */
export const pbxKey = (name: string, partition?: number): string =>
  partition === undefined ? `pbx/${name}` : `pbx/${name}/${partition}`;

/** `partition`: that of the channel topic which one publisher of several keeps; absent: it keeps them all. */
export const checkpointKey = (partition?: number): string =>
  partition === undefined ? 'checkpoint' : `checkpoint/${partition}`;

/** The record that says how a PBX stands. */
export const pbxMessage = (key: string, pbx: PbxSnapshot, value: string, { log, time }: Written): Message => {
  const { boot, revision, position } = pbx;
  const mark = digestOf(value).toString(16);
  const described = { log, boot, revision, position, time, key, type: 'rollcall.pbx.snapshot', mark };
  return { key, value, headers: { 'content-type': 'application/json', ...writeHeaders(described) } };
};

/** The record that says how far the channel topic is complete. */
export const checkpointMessage = (key: string, checkpoint: Checkpoint, { log, time }: Written): Message => {
  const { position } = checkpoint;
  const described = {
    log,
    boot: 0,
    revision: 0,
    position,
    time,
    key,
    type: 'rollcall.checkpoint',
    mark: `${position}`,
  };
  const headers = { 'content-type': 'application/json', ...writeHeaders(described) };
  return { key, value: JSON.stringify(checkpoint), headers };
};

/** The record that takes a key off the status topic. */
export const forgetMessage = (key: string, { log, time }: Written): Message => {
  const described = { log, boot: 0, revision: 0, position: 0, time, key, type: 'rollcall.pbx.forgotten', mark: 'end' };
  return { key, value: null, headers: writeHeaders(described) };
};
