import { position } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { EventLog } from '@rollcall/event-log';
import type { KafkaConnection } from '@rollcall/kafka';
import { type CacheReader, createMemoryCache } from '@rollcall/state-cache';
import { topicDifferences } from './topic-differences.ts';
import type { Check } from './verify-data.ts';

const PATIENCE_MS = 30_000;

/**
 * Reads the projection topic to its end, as a service downstream does, and compares it with the log.
 * @throws RollcallError TOPIC_NOT_READ, with the reason
 */
export const verifyTopic = async (kafka: KafkaConnection, log: EventLog, world: World): Promise<Check> => {
  const { openChannelView, viewCache } = await import('@rollcall/projection-topic');
  const view = openChannelView({ ...kafka, world });
  const slow = new AbortController();
  try {
    await Promise.race([view.ready, world.scheduler.sleep(PATIENCE_MS, slow.signal)]);
    const checkpoint = view.checkpoint();
    if (checkpoint === undefined) {
      throw new RollcallError(
        'TOPIC_NOT_READ',
        `The topic of ${kafka.brokers.join(', ')} could not be read: ${view.problem()?.message ?? 'nothing says up to where it is complete'}.`,
        view.problem()?.advice ?? 'Is anything published there? See "rollcall start --publish".',
      );
    }
    const topic = { cache: copyOf(viewCache(view), checkpoint), checkpoint: position(checkpoint) };
    const differences = await topicDifferences(log, topic);
    return { what: 'topic', position: checkpoint, channels: topic.cache.size, differences };
  } finally {
    slow.abort();
    await view.close();
  }
};

/** The view goes on while the log is read. */
const copyOf = (view: CacheReader, checkpoint: number): CacheReader => {
  const copy = createMemoryCache();
  copy.commit({
    puts: new Map(view.entries()),
    removals: [],
    pbxs: [...view.pbxs()],
    quarantine: new Map(),
    checkpoint: position(checkpoint),
  });
  return copy;
};
