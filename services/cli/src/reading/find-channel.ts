import { type Channel, channelStream, pbxStream } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';

export type Sought = {
  /** A uniqueid, or a name. */
  text: string;
  pbx?: string | undefined;
  boot?: number | undefined;
};

/**
 * Streams of the channels with that uniqueid, of any PBX and boot, live or over; else of the live channels with that name.
 * Neither reads more of the log than its heads.
 */
export const findStreams = async (
  sought: Sought,
  { cache, log }: { cache: CacheReader; log: EventLog },
): Promise<string[]> => {
  const pbxs = [...cache.pbxs()].filter(({ name }) => sought.pbx === undefined || name === sought.pbx);
  const candidates = pbxs.flatMap(({ name, boot }) =>
    Array.from({ length: lastBoot(name, boot, cache) + 1 }, (_, n) => n)
      .filter((n) => sought.boot === undefined || n === sought.boot)
      .map((n) => channelStream(name, n, sought.text)),
  );
  const heads = await log.heads(candidates);
  if (heads.size > 0) return [...heads.keys()];
  return pbxs
    .flatMap(({ name }) => cache.byName(name, sought.text))
    .filter((channel: Channel) => sought.boot === undefined || channel.boot === sought.boot)
    .map(({ pbx, boot, uniqueid }) => channelStream(pbx, boot, uniqueid));
};

/** A PBX whose own stream is set aside may have restarted since: its channels know. */
const lastBoot = (pbx: string, boot: number, cache: CacheReader): number => {
  let last = boot;
  if (cache.quarantined(pbxStream(pbx))) {
    for (const channel of cache.list()) if (channel.pbx === pbx) last = Math.max(last, channel.boot);
  }
  return last;
};
