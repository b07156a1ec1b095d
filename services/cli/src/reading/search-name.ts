import { type Position, position, type RecordedEvent } from '@rollcall/channel';
import type { Clock } from '@rollcall/clock';
import type { EventLog } from '@rollcall/event-log';
import type { Sought } from './find-channel.ts';

/** Streams that a search keeps: the newest. */
const MAX_FOUND = 100;
/** Events looked through before anything is decided. */
const STEP = 20_000;
/** A search to which nobody gave bounds answers soon, and says how far it came. */
const SEARCH_MS = 700;

export type NameSearch = {
  /** Nothing older is looked at. */
  after: Position;
  to: Position;
  /** Look at everything between them, however long it takes. */
  whole: boolean;
  clock: Pick<Clock, 'monotonic'>;
  /** Told how many events have been looked through. */
  progress: (events: number) => void;
};

export type NamesFound = {
  /** The one that had the name last comes first. */
  streams: string[];
  /** Everything after this has been looked at. */
  searchedTo: Position;
};

/**
 * Streams of channels that ever had that name (case does not count). The log has no index of names that are over, so it is read
 * backwards, the newest events first: until one is found, or, unless all is to be looked at, for less than a second.
 */
export const searchName = async (
  sought: Sought,
  log: Pick<EventLog, 'readAll'>,
  search: NameSearch,
): Promise<NamesFound> => {
  const { after, to, whole, clock, progress } = search;
  const begun = clock.monotonic();
  const found = new Set<string>();
  let searchedTo = to;
  while (searchedTo > after && found.size < MAX_FOUND) {
    const from = position(Math.max(after, searchedTo - STEP));
    for (const stream of await namedWithin(sought, log, from, searchedTo)) found.add(stream);
    searchedTo = from;
    progress(to - searchedTo);
    if (!whole && (found.size > 0 || clock.monotonic() - begun > SEARCH_MS)) break;
  }
  return { streams: [...found].slice(0, MAX_FOUND), searchedTo };
};

/** The newest first. */
const namedWithin = async (
  sought: Sought,
  log: Pick<EventLog, 'readAll'>,
  from: Position,
  to: Position,
): Promise<string[]> => {
  const key = sought.text.toLowerCase();
  const found = new Set<string>();
  for await (const batch of log.readAll(from, to)) {
    for (const event of batch) {
      if (nameGiven(event)?.toLowerCase() !== key || !isSought(event, sought)) continue;
      found.delete(event.stream);
      found.add(event.stream);
    }
  }
  return [...found].reverse();
};

/** What anybody may have written is no text for sure. */
const nameGiven = (event: RecordedEvent): string | undefined => {
  if (event.type !== 'ChannelCreated' && event.type !== 'ChannelRenamed') return undefined;
  const name: unknown = event.data?.name;
  return typeof name === 'string' ? name : undefined;
};

const isSought = (event: RecordedEvent, { pbx, boot }: Sought): boolean =>
  (pbx === undefined || event.pbx === pbx) && (boot === undefined || event.boot === boot);
