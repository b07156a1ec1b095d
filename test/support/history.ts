import {
  type ChannelEvent,
  type ChannelObservation,
  channelStream,
  type DomainEvent,
  decide,
  evolve,
  isTerminal,
  namedType,
  type Position,
  pbxStream,
  position,
  type RecordedEvent,
  revision,
  SCHEMA_VERSION,
  START,
  type StreamState,
  type Unreadable,
  unreadable,
} from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import fc from 'fast-check';

/** One thing that happens to one of a few channels; `decide` makes valid events of whatever comes. */
const step = fc.record({
  channel: fc.nat(7),
  kind: fc.constantFrom(
    'created',
    'changed',
    'changed',
    'destroyed',
    'held',
    'entered',
    'left',
    'reborn',
    'pbx',
    'broken',
    'skip',
  ),
  name: fc.constantFrom('PJSIP/a-1', 'pjsip/A-1', 'Local/ö@x;1', 'Local/ö@x;2'),
  state: fc.nat(6),
});

/**
 * A valid log: PBX events and the whole lives of channels, names shared and changed, ids used again, as they may come; among
 * them events that no handler can take, skipped later or never.
 */
export const histories = fc.array(step, { maxLength: 120, size: 'max' }).map((steps) => {
  const events: RecordedEvent[] = [];
  const heads = new Map<string, number>();
  const states = new Map<number, StreamState>();

  const append = (stream: string, event: DomainEvent | Unreadable): RecordedEvent => {
    const at = (heads.get(stream) ?? -1) + 1;
    heads.set(stream, at);
    const recorded = {
      ...event,
      id: `00000000-0000-4000-8000-${String(events.length).padStart(12, '0')}`,
      time: 1_000 * events.length,
      recorded: 1_000 * events.length + 1,
      pbx: 'a',
      boot: 1,
      source: 'ami' as const,
      schema: SCHEMA_VERSION,
      stream,
      revision: revision(at),
      position: position(events.length + 1),
    };
    events.push(recorded);
    return recorded;
  };
  append(pbxStream('a'), { type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } });

  for (const { channel, kind, name, state } of steps) {
    if (kind === 'broken' || kind === 'skip') {
      const stream = channel === 0 ? pbxStream('a') : channelStream('a', 1, `1.${channel}`);
      const head = heads.get(stream) ?? -1;
      const type = (channel === 0 ? 'PbxConnected' : BROKEN[state % BROKEN.length]) ?? '';
      if (kind === 'skip') {
        const bad = events.find(
          (event) => event.stream === stream && event.revision >= state && event.type === 'Unreadable',
        );
        if (bad) append(stream, { type: 'EventSkipped', data: { revision: bad.revision, reason: 'seen' } });
      } else if (head >= 0 || type === 'ChannelCreated') {
        const bad = append(stream, unreadable(type, '{', 'broken'));
        const before = states.get(channel);
        const after = channel > 0 ? evolve(before?.is === 'live' ? before.channel : undefined, bad) : undefined;
        if (channel > 0) states.set(channel, after ? { is: 'live', channel: after } : CLOSED);
      }
      continue;
    }
    if (kind === 'pbx') {
      append(
        pbxStream('a'),
        state % 2
          ? { type: 'PbxConnected', data: { source: 'ami' } }
          : { type: 'PbxDisconnected', data: { reason: 'x' } },
      );
      continue;
    }
    const uniqueid = `1.${channel}`;
    const before = states.get(channel) ?? { is: 'unseen' as const };
    const facts: ChannelEvent[] =
      kind === 'reborn' && before.is === 'closed'
        ? [{ type: 'ChannelCreated', data: { name, state, origin: 'found' } }]
        : decide(before, observation(kind, uniqueid, name, state), { canAsk: true }).events;
    let after: StreamState = before;
    for (const event of facts) {
      const recorded = append(channelStream('a', 1, uniqueid), event);
      const next = evolve(after.is === 'live' ? after.channel : undefined, recorded);
      after = next ? { is: 'live', channel: next } : CLOSED;
    }
    states.set(channel, after);
  }
  return events;
});

const CLOSED: StreamState = { is: 'closed', reason: 'hangup', claimed: false };

/** What an event that cannot be read may say it is: an end too, and what only a later version knows. */
const BROKEN = ['ChannelCreated', 'ChannelStateChanged', 'DialplanMoved', 'ChannelDestroyed', 'ChannelTeleported'];

const observation = (kind: string, uniqueid: string, name: string, state: number): ChannelObservation => {
  const common = { uniqueid, facts: { name, state }, source: 'ami' as const, proves: kind === 'changed' };
  switch (kind) {
    case 'created':
    case 'destroyed':
    case 'held':
      return { ...common, kind };
    case 'entered':
      return { ...common, kind: 'bridge-entered', bridge: `b${state}` };
    case 'left':
      return { ...common, kind: 'bridge-left', bridge: `b${state}` };
    default:
      return { ...common, kind: 'changed' };
  }
};

export type ReadableLog = Pick<EventLog, 'readStream' | 'readAll' | 'readOpen' | 'head' | 'heads' | 'compactedTo'>;

/** The reading half of a log over a history, for what only reads; whatever is added to `events` is appended. */
export const logOf = (events: readonly RecordedEvent[], compactedTo: Position = START): ReadableLog => {
  const upTo = (to: number | undefined) => events.filter((event) => to === undefined || event.position <= to);
  async function* batches(found: RecordedEvent[]): AsyncGenerator<RecordedEvent[]> {
    for (let from = 0; from < found.length; from += 7) yield found.slice(from, from + 7);
  }
  const closedIn = (seen: readonly RecordedEvent[]): Set<string> => {
    const closed = new Set<string>();
    for (const event of seen) {
      if (isTerminal(namedType(event))) closed.add(event.stream);
      else closed.delete(event.stream);
    }
    return closed;
  };
  return {
    head: async () => events.at(-1)?.position ?? START,
    compactedTo: async () => compactedTo,
    heads: async (streams) => {
      const last = new Map(events.map((event) => [event.stream, event]));
      const closed = closedIn(events);
      return new Map(
        streams.flatMap((stream) => {
          const event = last.get(stream);
          return event ? [[stream, { revision: event.revision, closed: closed.has(stream) }]] : [];
        }),
      );
    },
    readStream: (stream, from = revision(0)) =>
      batches(events.filter((e) => e.stream === stream && e.revision >= from)),
    readAll: (after, to) => batches(upTo(to).filter((event) => event.position > after)),
    readOpen: (at) => {
      const seen = upTo(at);
      const closed = closedIn(seen);
      const open = [...new Set(seen.map(({ stream }) => stream))].filter((stream) => !closed.has(stream));
      return batches(open.flatMap((stream) => seen.filter((event) => event.stream === stream)));
    },
  };
};

/** The history after retention: what was over by `to` is gone, and nothing else. */
export const compacted = (events: readonly RecordedEvent[], to: Position): RecordedEvent[] => {
  const ended = new Map<string, Position | undefined>();
  for (const event of events) ended.set(event.stream, isTerminal(namedType(event)) ? event.position : undefined);
  return events.filter(({ stream }) => (ended.get(stream) ?? Number.MAX_SAFE_INTEGER) > to);
};
