import {
  type Channel,
  evolve,
  isTerminal,
  namedType,
  type RecordedEvent,
  refusal,
  stateText,
  takeable,
} from '@rollcall/channel';

/** One event of a channel's stream, with what it changed. */
export type TimelineEntry = {
  of: 'channel';
  /** Milliseconds since 1970: the PBX's time where it gave one. */
  time: number;
  position: number;
  revision: number;
  source: string;
  /** What the event is, or says it is where it was refused. */
  type: string;
  changes: { field: string; from: unknown; to: unknown }[];
  /** Why no handler could take it. */
  refused?: string;
  /** Revision of the refused event that it waited behind when it came. */
  waited?: number;
  /** What the event alone does not say. */
  note?: string;
};

/** What an event's note is made from. */
export type Noted = {
  event: RecordedEvent;
  /** The channel had been over before it. */
  wasOver: boolean;
};

export type Timeline = {
  entries: TimelineEntry[];
  /** The channel after the last event, as far as its events can be read; undefined when it is over. */
  channel: Channel | undefined;
  lastName: string | undefined;
};

/** A channel's story from its events, oldest first. `note` says of an event what it does not say itself. */
export const timeline = (
  events: Iterable<RecordedEvent>,
  note: (noted: Noted) => string | undefined = () => undefined,
): Timeline => {
  const entries: TimelineEntry[] = [];
  const waiting = createWaiting();
  let channel: Channel | undefined;
  let lastName: string | undefined;
  let wasOver = false;
  for (const event of events) {
    const before = channel;
    const taken = takeable(event);
    const refused = isTerminal(namedType(event)) ? undefined : refusal(event);
    channel = evolve(before, taken);
    if (taken.type !== 'Unreadable') lastName = channel?.name ?? lastName;
    const waited = waiting.behind(event, refused);
    const said = note({ event: taken, wasOver });
    const { time, position, revision, source } = event;
    entries.push({
      of: 'channel',
      ...{ time, position, revision, source },
      type: namedType(event),
      changes: changesOf(before, channel, taken),
      ...(refused !== undefined && { refused }),
      ...(waited !== undefined && { waited }),
      ...(said !== undefined && { note: said }),
    });
    if (isTerminal(namedType(event))) wasOver = true;
  }
  return { entries, channel, lastName };
};

/** Follows which refused event a stream is set aside at, as the projector does. */
const createWaiting = () => {
  let refusedAt: number[] = [];
  let skipped = new Set<number>();
  return {
    /** The refused event that this one waits behind. */
    behind: (event: RecordedEvent, refused: string | undefined): number | undefined => {
      if (isTerminal(namedType(event))) {
        refusedAt = [];
        skipped = new Set();
        return undefined;
      }
      const [first] = refusedAt;
      if (refused !== undefined) refusedAt.push(event.revision);
      if (event.type === 'EventSkipped' && refused === undefined) {
        skipped.add(event.data.revision);
        while (refusedAt[0] !== undefined && skipped.has(refusedAt[0])) refusedAt.shift();
        return refusedAt[0];
      }
      return first;
    },
  };
};

/** Fields that say where the channel and its snapshot stand, not what the channel is. */
const PLACES: ReadonlySet<string> = new Set(['pbx', 'boot', 'uniqueid', 'revision', 'position']);

const changesOf = (
  before: Channel | undefined,
  after: Channel | undefined,
  event: RecordedEvent,
): TimelineEntry['changes'] => {
  if (event.type === 'Unreadable') return [];
  if (event.type === 'ChannelDestroyed' || event.type === 'EventSkipped') return said(event.data);
  const old = new Map<string, unknown>(Object.entries(before ?? {}));
  return Object.entries(after ?? {})
    .filter(([field]) => !PLACES.has(field))
    .map(([field, to]) => ({ field, from: old.get(field), to }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
};

const said = (data: object): TimelineEntry['changes'] =>
  Object.entries(data)
    .filter(([, to]) => to !== undefined)
    .map(([field, to]) => ({ field, from: undefined, to }));

/** A value of a channel for a person; not yet safe for a terminal. */
export const valueText = (field: string, value: unknown): string => {
  if (value === undefined) return '(not known)';
  if (value === null) return '(none)';
  if (value === '') return '(empty)';
  if (field === 'state' && typeof value === 'number') return `${stateText(value)} (${value})`;
  if (field === 'created' && typeof value === 'number') return new Date(value).toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
