import { type Channel, evolve, type RecordedEvent, stateText } from '@rollcall/channel';

/** One event of a channel's stream, with what it changed. */
export type TimelineEntry = {
  /** Milliseconds since 1970: the PBX's time where it gave one. */
  time: number;
  position: number;
  revision: number;
  source: string;
  type: RecordedEvent['type'];
  changes: { field: string; from: unknown; to: unknown }[];
};

/** A channel's story from its events, oldest first; `channel` is its snapshot after the last one, undefined when it is over. */
export const timeline = (
  events: Iterable<RecordedEvent>,
): { entries: TimelineEntry[]; channel: Channel | undefined; lastName: string | undefined } => {
  const entries: TimelineEntry[] = [];
  let channel: Channel | undefined;
  let lastName: string | undefined;
  for (const event of events) {
    const before = channel;
    channel = evolve(before, event);
    lastName = channel?.name ?? lastName;
    entries.push({
      time: event.time,
      position: event.position,
      revision: event.revision,
      source: event.source,
      type: event.type,
      changes: event.type === 'ChannelDestroyed' ? said(event.data) : changed(before, channel),
    });
  }
  return { entries, channel, lastName };
};

/** Fields that say where the channel and its snapshot stand, not what the channel is. */
const PLACES: ReadonlySet<string> = new Set(['pbx', 'boot', 'uniqueid', 'revision', 'position']);

const changed = (before: Channel | undefined, after: Channel | undefined): TimelineEntry['changes'] => {
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
