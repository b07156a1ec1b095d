import { type Pbx, type Position, parseStream, pbxStream, position, type RecordedEvent } from '@rollcall/channel';
import type { EventLog } from '@rollcall/event-log';
import type { CacheReader } from '@rollcall/state-cache';
import { type Conclusion, conclude } from './conclusion.ts';
import { type Heard, noteOf } from './note.ts';
import { type PbxEntry, pbxEntries } from './pbx-entries.ts';
import { readPbxEvents } from './pbx-events.ts';
import { lossReason } from './stale-line.ts';
import { type Timeline, type TimelineEntry, timeline } from './timeline.ts';

/** Events of the PBX itself that one story holds: the last ones. */
const PBX_EVENTS = 200;

/** The events of one channel's stream, up to the moment that is looked at. */
export type Stream = {
  stream: string;
  pbx: string;
  boot: number;
  uniqueid: string;
  events: RecordedEvent[];
  first: RecordedEvent;
  last: RecordedEvent;
};

/** One channel's whole story. */
export type Story = Omit<Timeline, 'entries'> & {
  /** In the order of the log. */
  entries: (TimelineEntry | PbxEntry)[];
  /** Events of the PBX itself that are left out: the older ones. */
  leftOut: number;
  /** A recording was imported: what the PBX did not say itself has the time of the import. */
  recording: boolean;
  conclusion: Conclusion;
};

export type Looked = {
  log: EventLog;
  /** The list as of that moment. */
  cache: CacheReader;
  now: number;
  staleAfter: number;
};

/** Undefined where the stream had not begun by then. */
export const readStream = async (stream: string, { log, cache }: Looked): Promise<Stream | undefined> => {
  const events: RecordedEvent[] = [];
  for await (const batch of log.readStream(stream)) {
    events.push(...batch.filter(({ position: at }) => at <= cache.checkpoint));
  }
  const [first] = events;
  const last = events.at(-1);
  const { pbx, boot, uniqueid } = parseStream(stream) ?? {};
  if (!first || !last || pbx === undefined || boot === undefined || uniqueid === undefined) return undefined;
  return { stream, pbx, boot, uniqueid, events, first, last };
};

export const readStory = async ({ stream, pbx: name, events, first, last }: Stream, looked: Looked): Promise<Story> => {
  const { log, cache, now, staleAfter } = looked;
  const pbx = cache.pbx(name);
  const listed = cache.get(stream);
  const setAside = cache.quarantined(stream);
  const open = listed !== undefined || setAside !== undefined;
  const before = open ? position(cache.checkpoint + 1) : last.position;
  const ofPbx = await readPbxEvents(log, name, { after: first.position, before, limit: PBX_EVENTS });
  const heardAt = heardFrom([...ofPbx.before, ...ofPbx.within], pbx);
  const told = timeline(events, (noted) => noteOf(noted, heardAt(noted.event.position)));
  const around = [...beginningOf(first, ofPbx.before), ...ofPbx.within];
  const own = await pbxEntries(log, ofPbx.before, around, { now, heardAt });
  const conclusion = conclude({
    ...{ events, channel: listed, pbx, setAside, now, staleAfter, heardAt },
    pbxSetAside: cache.quarantined(pbxStream(name)) !== undefined,
    lossReason: pbx && (await lossReason(pbx, log)),
  });
  const entries = [...told.entries, ...own].sort((a, b) => a.position - b.position);
  return {
    ...told,
    channel: listed,
    entries,
    leftOut: ofPbx.leftOut,
    recording: heardAt(last.position).recording,
    conclusion,
  };
};

/** A channel that was found in a list began in a silence, or before the PBX was first heard: that is told too. */
const beginningOf = (first: RecordedEvent, before: readonly RecordedEvent[]): readonly RecordedEvent[] => {
  const found = first.source === 'reconcile' && first.type === 'ChannelCreated' && first.data.origin === 'found';
  if (!found) return [];
  const lost = before.findLastIndex(({ type }) => type === 'PbxDisconnected');
  const from = lost >= 0 ? lost : before.findLastIndex(({ type }) => type === 'PbxConnected');
  return from >= 0 ? before.slice(from) : [];
};

/** How the PBX was heard at a position; what cannot be told from so near is as it is now. */
const heardFrom = (events: readonly RecordedEvent[], pbx: Pbx | undefined) => {
  const connects = events.filter((event) => event.type === 'PbxConnected');
  const now: Heard = { source: pbx?.source, recording: pbx?.recording ?? false };
  return (at: Position | number): Heard => {
    const last = connects.findLast((event) => event.position < at);
    return last ? { source: last.data.source, recording: last.data.recording ?? false } : now;
  };
};
