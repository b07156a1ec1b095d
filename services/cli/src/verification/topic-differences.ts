import { type Channel, evolve, type Position } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import { replayOpen } from '@rollcall/projector';
import { type CacheReader, type Difference, differences } from '@rollcall/state-cache';

/** What a view of the topic holds at one moment: everything up to `checkpoint`, and some of what came later. */
export type TopicContent = { cache: CacheReader; checkpoint: Position };

/**
 * What the projection topic has otherwise than the log. What the topic has from beyond its checkpoint is compared with the log as of
 * just that event, so that publishing may go on meanwhile.
 */
export const topicDifferences = async (log: EventLog, topic: TopicContent): Promise<Difference[]> => {
  const expected = await replayOpen(log, topic.checkpoint);
  const found: Difference[] = [];
  for (const difference of differences(expected, topic.cache)) {
    const { stream } = difference;
    // Neither is on the topic; its PBXs are told beside it.
    if (difference.fields.includes('(quarantine)') || stream.startsWith('(') || stream.startsWith('pbx/')) continue;
    if (!(await isLater(log, stream, topic))) found.push(difference);
  }
  return found;
};

/** The topic is right, and only further on: it has the channel as a later event left it, or no more after a later end. */
const isLater = async (log: EventLog, stream: string, { cache, checkpoint }: TopicContent): Promise<boolean> => {
  const told = cache.get(stream);
  let channel: Channel | undefined;
  for await (const batch of log.readStream(stream)) {
    for (const event of batch) {
      if (told && event.position > told.position) return false;
      channel = evolve(channel, event);
      if (event.position <= checkpoint) continue;
      if (told ? event.position === told.position && same(channel, told) : channel === undefined) return true;
    }
  }
  return false;
};

const same = (a: Channel | undefined, b: Channel): boolean => JSON.stringify(a) === JSON.stringify(b);
