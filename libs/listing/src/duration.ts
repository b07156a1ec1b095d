import type { Channel } from '@rollcall/channel';

/**
 * Whole seconds since the channel was created, never negative (two clocks may differ); undefined when that is not known.
 * @param now milliseconds since 1970
 */
export const durationSeconds = (channel: Pick<Channel, 'created'>, now: number): number | undefined =>
  channel.created === undefined ? undefined : Math.max(0, Math.floor((now - channel.created) / 1000));

/** `HH:MM:SS` as Asterisk prints it in the verbose list and in AMI; hours go past 24, and past two digits after four days. */
export const clockText = (seconds: number): string =>
  [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
