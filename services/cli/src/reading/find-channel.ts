import { type Channel, channelStream, type Position, type RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';

/** Streams that a search by name keeps; the newest. */
const MAX_FOUND = 100;

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
    Array.from({ length: boot + 1 }, (_, n) => n)
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

/**
 * Streams of channels that ever had that name (case does not count), the oldest first. The log has no index of names that
 * are over: everything after `after` is read.
 */
export const searchName = async (
  sought: Sought,
  log: EventLog,
  after: Position,
  progress: (position: number) => void,
): Promise<string[]> => {
  const key = sought.text.toLowerCase();
  const found = new Set<string>();
  for await (const batch of log.readAll(after)) {
    for (const event of batch) {
      if (nameGiven(event)?.toLowerCase() !== key || !isSought(event, sought)) continue;
      found.delete(event.stream);
      found.add(event.stream);
      const [oldest] = found;
      if (found.size > MAX_FOUND && oldest !== undefined) found.delete(oldest);
    }
    progress(batch.at(-1)?.position ?? after);
  }
  return [...found];
};

const nameGiven = (event: RecordedEvent): string | undefined =>
  event.type === 'ChannelCreated' || event.type === 'ChannelRenamed' ? event.data.name : undefined;

const isSought = (event: RecordedEvent, { pbx, boot }: Sought): boolean =>
  (pbx === undefined || event.pbx === pbx) && (boot === undefined || event.boot === boot);
