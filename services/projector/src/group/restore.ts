import { START } from '@rollcall/channel';
import { isRollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import { isOfType, type KafkaConnection } from '@rollcall/kafka';
import { loadPartition, type TopicNames } from '@rollcall/projection-topic';
import { type ProjectorCounters, project, replayOpen } from '@rollcall/projector';
import { createMemoryCache, type StateCache } from '@rollcall/state-cache';

export type RestoreOptions = {
  kafka: KafkaConnection;
  topics: TopicNames;
  partition: number;
  log: EventLog;
  signal: AbortSignal;
  /** Duplicates are what the topic had ahead of its checkpoint. */
  counters: ProjectorCounters;
};

/** Streams whose heads are asked for at once. */
const HEADS = 1_000;
/** How often a list that has moved on meanwhile is compared with the log's heads again. */
const LOOKS = 3;

/**
 * The list of one partition, at the log's end: what the projection topic says of it, and what has happened since in the log. The topic is
 * not believed where the log says otherwise, nor asked where streams are set aside, which it does not tell: the list is folded from
 * the streams that are open then.
 * @throws RollcallError of the log; what kafkajs throws
 */
export const restore = async (options: RestoreOptions): Promise<StateCache> => {
  const { log } = options;
  return (await fromTopic(options)) ?? replayOpen(log);
};

const fromTopic = async (options: RestoreOptions): Promise<StateCache | undefined> => {
  const { log } = options;
  const loaded = await loadPartition({ ...options, log: log.id }).catch((error: unknown) => {
    // Nothing was published yet.
    if (isRollcallError(error, 'TOPIC_MISSING') || isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return undefined;
    throw error;
  });
  if (!loaded || loaded.setAside > 0 || loaded.checkpoint === START) return undefined;
  if (loaded.checkpoint > (await log.head())) return undefined;
  const cache = createMemoryCache();
  cache.commit(loaded);
  return (await isAtHeads(options, cache)) ? cache : undefined;
};

/** Brings the list to the log's end; false where it then has a channel that the log has not, or has otherwise. */
const isAtHeads = async ({ log, counters }: RestoreOptions, cache: StateCache): Promise<boolean> => {
  let doubtful: string[] | undefined;
  for (let look = 0; look < LOOKS; look++) {
    for await (const batch of log.readAll(cache.checkpoint)) await project(log, cache, batch, counters);
    doubtful = await notAtHead(log, cache, doubtful ?? [...cache.entries()].map(([stream]) => stream));
    if (doubtful.length === 0) return true;
  }
  return false;
};

const notAtHead = async (log: EventLog, cache: StateCache, streams: readonly string[]): Promise<string[]> => {
  const found: string[] = [];
  for (let from = 0; from < streams.length; from += HEADS) {
    const some = streams.slice(from, from + HEADS);
    const heads = await log.heads(some);
    for (const stream of some) {
      const channel = cache.get(stream);
      const head = heads.get(stream);
      if (channel && (!head || head.closed || head.revision !== channel.revision)) found.push(stream);
    }
  }
  return found;
};
