import { type Channel, evolve, evolvePbx, type Pbx, type Position, type RecordedEvent } from '@rollcall/channel';
import type { CacheReader, Changes } from '@rollcall/state-cache';

/**
 * - `applied`: the event was the next of its stream
 * - `duplicate`: it is in the cache already
 * - `gap`: events before it are missing; `from` is the revision to read the stream from
 */
export type Applied = { is: 'applied' } | { is: 'duplicate' } | { is: 'gap'; from: number };

/**
 * One step of the projection: events are applied to the cache's state without touching the cache, until `changes` says
 * what to commit. Promise 3: an event is applied only at revision + 1 of what is known.
 */
export const createStep = (cache: CacheReader) => {
  const puts = new Map<string, Channel>();
  const closed = new Map<string, number>();
  const pbxs = new Map<string, Pbx>();

  const applyPbx = (event: RecordedEvent): Applied => {
    const pbx = pbxs.get(event.pbx) ?? cache.pbx(event.pbx);
    const order = orderOf(event, pbx?.revision);
    if (order.is === 'applied') pbxs.set(event.pbx, evolvePbx(pbx, event));
    return order;
  };

  const applyChannel = (event: RecordedEvent): Applied => {
    const { stream } = event;
    const closedAt = closed.get(stream);
    const channel = closedAt === undefined ? (puts.get(stream) ?? cache.get(stream)) : undefined;
    const order = orderOf(event, closedAt ?? channel?.revision);
    if (order.is !== 'applied') return order;
    const next = evolve(channel, event);
    if (next) {
      puts.set(stream, next);
      closed.delete(stream);
    } else {
      puts.delete(stream);
      closed.set(stream, event.revision);
    }
    return order;
  };

  return {
    apply: (event: RecordedEvent): Applied => (event.stream.startsWith('pbx/') ? applyPbx(event) : applyChannel(event)),
    changes: (checkpoint: Position): Changes => ({
      puts,
      removals: [...closed.keys()],
      pbxs: [...pbxs.values()],
      checkpoint,
    }),
  };
};

const orderOf = (event: RecordedEvent, revision: number | undefined): Applied => {
  const next = revision === undefined ? 0 : revision + 1;
  if (event.revision === next) return { is: 'applied' };
  return event.revision < next ? { is: 'duplicate' } : { is: 'gap', from: next };
};
