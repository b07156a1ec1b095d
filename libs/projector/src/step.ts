import {
  type Channel,
  evolve,
  evolvePbx,
  isTerminal,
  namedType,
  type Pbx,
  type Position,
  type Quarantined,
  type RecordedEvent,
  type Revision,
  refusal,
  revision,
  unreadable,
} from '@rollcall/channel';
import type { CacheReader, Changes } from '@rollcall/state-cache';

/**
 * - `applied`: the event was the next of its stream
 * - `duplicate`: it is in the cache already
 * - `gap`: events before it are missing
 * - `refused`: no handler can take it; its stream is set aside from here on
 * - `waits`: its stream is set aside, and it is behind the event that was refused
 * - `resumes`: it says that the refused event is to be passed over: the stream goes on, from the event behind that one
 */
export type Applied = 'applied' | 'duplicate' | 'gap' | 'refused' | 'waits' | 'resumes';

/**
 * One step of the projection: events are applied to the cache's state without touching the cache, until `changes` says
 * what to commit. Promise 3: an event is applied only at revision + 1 of what is known.
 */
export const createStep = (cache: CacheReader) => {
  /** What the step knows better than the cache: a channel, or where its stream was closed. */
  const channels = new Map<string, Channel | Closed>();
  const pbxs = new Map<string, Pbx>();
  const quarantine = new Map<string, Quarantined | undefined>();

  const quarantined = (stream: string): Quarantined | undefined =>
    quarantine.has(stream) ? quarantine.get(stream) : cache.quarantined(stream);

  const pbxOf = (name: string): Pbx | undefined => pbxs.get(name) ?? cache.pbx(name);
  const knownOf = (stream: string) => channels.get(stream) ?? cache.get(stream);

  const take = (event: RecordedEvent): void => {
    const { stream } = event;
    if (isOfPbx(event)) {
      pbxs.set(event.pbx, evolvePbx(pbxOf(event.pbx), event));
      return;
    }
    const known = knownOf(stream);
    const channel = known === undefined || 'closedAt' in known ? undefined : known;
    channels.set(stream, evolve(channel, event) ?? { closedAt: event.revision, position: event.position });
  };

  const setAside = (event: RecordedEvent, reason: string): void => {
    const { stream, pbx, recorded } = event;
    const { revision: at, position } = event;
    quarantine.set(stream, { stream, pbx, revision: at, position, head: at, type: namedType(event), reason, recorded });
  };

  /** Promise 1 goes before order: an end needs nothing of what waits before it, and leaves nothing that could wait. */
  const applyBehind = (event: RecordedEvent, refused: Quarantined): Applied => {
    if (isTerminal(namedType(event))) {
      quarantine.set(event.stream, undefined);
      take(event);
      return 'applied';
    }
    if (event.type === 'EventSkipped' && event.data.revision === refused.revision) return 'resumes';
    quarantine.set(event.stream, { ...refused, head: event.revision });
    return 'waits';
  };

  const headOf = (event: RecordedEvent): number | undefined => {
    const refused = quarantined(event.stream);
    if (refused) return refused.head;
    return isOfPbx(event) ? pbxOf(event.pbx)?.revision : revisionOf(knownOf(event.stream));
  };

  return {
    apply: (event: RecordedEvent): Applied => {
      const order = orderOf(event.revision, headOf(event));
      if (order !== 'applied') return order;
      const refused = quarantined(event.stream);
      if (refused) return applyBehind(event, refused);
      const reason = isTerminal(namedType(event)) ? undefined : refusal(event);
      if (reason === undefined) {
        take(event);
        return 'applied';
      }
      setAside(event, reason);
      return 'refused';
    },
    quarantined,
    /** Passes the refused event over, as far as its name goes: the stream goes on behind it. */
    skip: (event: RecordedEvent): void => {
      quarantine.set(event.stream, undefined);
      take(event.type === 'Unreadable' ? event : { ...event, ...unreadable(event.type, '', 'skipped') });
    },
    /** The stream is set aside no longer: its refused event is tried again when it comes next. */
    retry: (stream: string): void => {
      quarantine.set(stream, undefined);
    },
    /** The revision that the event's stream goes on with. */
    next: (event: RecordedEvent): Revision => revision(nextAfter(headOf(event))),
    changes: (checkpoint: Position): Changes => {
      const puts = new Map<string, Channel>();
      const ends = new Map<string, { revision: Revision; position: Position }>();
      for (const [stream, known] of channels) {
        if ('closedAt' in known) ends.set(stream, { revision: known.closedAt, position: known.position });
        else puts.set(stream, known);
      }
      return { puts, removals: [...ends.keys()], ends, pbxs: [...pbxs.values()], quarantine, checkpoint };
    },
  };
};

export type Step = ReturnType<typeof createStep>;

type Closed = { closedAt: Revision; position: Position };

const isOfPbx = ({ stream }: RecordedEvent): boolean => stream.startsWith('pbx/');

const revisionOf = (known: Channel | Closed | undefined): Revision | undefined =>
  known === undefined || 'closedAt' in known ? known?.closedAt : known.revision;

const nextAfter = (at: number | undefined): number => (at === undefined ? 0 : at + 1);

const orderOf = (at: number, known: number | undefined): 'applied' | 'duplicate' | 'gap' => {
  const next = nextAfter(known);
  if (at === next) return 'applied';
  return at < next ? 'duplicate' : 'gap';
};
