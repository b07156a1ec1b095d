import { type Channel, stateText } from '@rollcall/channel';
import { durationSeconds } from '@rollcall/listing';

/** A channel as --json and --ndjson print it: the whole snapshot, and what is derived from it at that moment. */
export type ChannelJson = Channel & {
  stateText: string;
  /** Its PBX cannot be heard, so it may be over. */
  stale: boolean;
  /** It stands as it was before an event that cannot be read; see `rollcall quarantine`. */
  uncertain: boolean;
  /** Whole seconds since its creation, where that is known. */
  durationSeconds: number | undefined;
};

export const channelJson = (channel: Channel, stale: boolean, now: number, uncertain = false): ChannelJson => ({
  ...channel,
  stateText: stateText(channel.state),
  stale,
  uncertain,
  durationSeconds: durationSeconds(channel, now),
});
