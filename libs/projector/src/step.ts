import {
  type Channel,
  evolve,
  evolvePbx,
  type Pbx,
  type Position,
  type RecordedEvent,
  type Revision,
} from '@rollcall/channel';
import type { CacheReader, Changes } from '@rollcall/state-cache';

/**
 * - `applied`: the event was the next of its stream
 * - `duplicate`: it is in the cache already
 * - `gap`: events before it are missing
 */
export type Applied = 'applied' | 'duplicate' | 'gap';

/**
 * One step of the projection: events are applied to the cache's state without touching the cache, until `changes` says
 * what to commit. Promise 3: an event is applied only at revision + 1 of what is known.
 */
export const createStep = (cache: CacheReader) => {
  /** What the step knows better than the cache: a channel, or the revision at which a stream was closed. */
  const channels = new Map<string, Channel | { closedAt: Revision }>();
  const pbxs = new Map<string, Pbx>();

  const pbxOf = (name: string): Pbx | undefined => pbxs.get(name) ?? cache.pbx(name);

  const applyPbx = (event: RecordedEvent): Applied => {
    const pbx = pbxOf(event.pbx);
    const order = orderOf(event.revision, pbx?.revision);
    if (order === 'applied') pbxs.set(event.pbx, evolvePbx(pbx, event));
    return order;
  };

  const applyChannel = (event: RecordedEvent): Applied => {
    const { stream } = event;
    const known = channels.get(stream) ?? cache.get(stream);
    const channel = known === undefined || 'closedAt' in known ? undefined : known;
    const order = orderOf(event.revision, revisionOf(known));
    if (order === 'applied') channels.set(stream, evolve(channel, event) ?? { closedAt: event.revision });
    return order;
  };

  return {
    apply: (event: RecordedEvent): Applied => (isOfPbx(event) ? applyPbx(event) : applyChannel(event)),
    /** The revision that the event's stream goes on with. */
    next: (event: RecordedEvent): number => {
      const { stream } = event;
      const at = isOfPbx(event) ? pbxOf(event.pbx)?.revision : revisionOf(channels.get(stream) ?? cache.get(stream));
      return nextAfter(at);
    },
    changes: (checkpoint: Position): Changes => {
      const puts = new Map<string, Channel>();
      const removals: string[] = [];
      for (const [stream, known] of channels) {
        if ('closedAt' in known) removals.push(stream);
        else puts.set(stream, known);
      }
      return { puts, removals, pbxs: [...pbxs.values()], checkpoint };
    },
  };
};

const isOfPbx = ({ stream }: RecordedEvent): boolean => stream.startsWith('pbx/');

const revisionOf = (known: Channel | { closedAt: Revision } | undefined): Revision | undefined =>
  known === undefined || 'closedAt' in known ? known?.closedAt : known.revision;

const nextAfter = (revision: number | undefined): number => (revision === undefined ? 0 : revision + 1);

const orderOf = (revision: number, known: number | undefined): Applied => {
  const next = nextAfter(known);
  if (revision === next) return 'applied';
  return revision < next ? 'duplicate' : 'gap';
};
