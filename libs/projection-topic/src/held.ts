import type { Channel } from '@rollcall/channel';
import type { Version } from './version.ts';
import { digestOf } from './write-record.ts';

/** The last record of a key, where it is a snapshot: what the topic says of that channel now. */
export type Held = { version: Version; position: number; digest: number };

/** Where a channel ended. */
export type End = { boot: number; revision: number; position: number };

/**
 * What the topic needs for one key to say what the list says.
 * - `nothing`: it does already
 * - `wait`: the topic is ahead of the list; it is looked at again when the list has come to `position`
 */
export type Need =
  | { is: 'nothing' }
  | { is: 'wait'; position: number }
  | { is: 'snapshot'; channel: Channel; value: string; held: Held }
  | { is: 'tombstone'; end: End & { log: string } };

/**
 * `channel`: what the list has; `end`: where the channel ended, if that was told; `held`: what the topic has. An end that was told
 * gets its tombstone also where the topic has nothing: somebody else may just be writing there.
 */
export const needOf = (
  known: { channel: Channel | undefined; end: End | undefined; held: Held | undefined },
  at: { log: string; checkpoint: number },
): Need => {
  const { channel, end, held } = known;
  const sameLog = held?.version.log === at.log;
  if (sameLog && held.position > at.checkpoint) return { is: 'wait', position: held.position };
  if (channel) {
    const { boot, revision, position } = channel;
    const value = JSON.stringify(channel);
    const digest = digestOf(value);
    const same = sameLog && held.version.boot === boot && held.version.revision === revision && held.digest === digest;
    if (same) return { is: 'nothing' };
    return {
      is: 'snapshot',
      channel,
      value,
      held: { version: { log: at.log, boot, revision, gone: false }, position, digest },
    };
  }
  if (end && (!held || !sameLog || isAfter(end, held.version)))
    return { is: 'tombstone', end: { log: at.log, ...end } };
  if (!held) return { is: 'nothing' };
  const { log, boot, revision } = held.version;
  return { is: 'tombstone', end: { log, boot, revision, position: held.position } };
};

const isAfter = (end: End, { boot, revision }: Version): boolean =>
  end.boot > boot || (end.boot === boot && end.revision >= revision);
