import { type Channel, channelStream } from '@rollcall/channel';
import type { CacheReader } from './state-cache.ts';

/** The channel stands as it was before an event that could not be read: its stream is set aside. */
export const isUncertain = ({ pbx, boot, uniqueid }: Channel, cache: CacheReader): boolean =>
  cache.quarantined(channelStream(pbx, boot, uniqueid)) !== undefined;
