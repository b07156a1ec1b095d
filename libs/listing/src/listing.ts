import type { Channel } from '@rollcall/channel';

/** What a list is made from. Rows come oldest first, whatever the order of `channels`. */
export type Listing = {
  channels: Iterable<Channel>;
  /** Stale channels are listed and never counted. Default: none is. */
  isStale?: (channel: Channel) => boolean;
  /** Milliseconds since 1970, for durations. */
  now: number;
  /** Calls that the PBX has run since it started. Only the PBX knows (AMI CoreStatus); without it the line is left out. */
  processed?: number;
};
