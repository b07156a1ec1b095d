import { checkAppend, type Expected } from './append-check.ts';
import { type StreamRules, streamRules, visible } from './stream-rules.ts';

export type Proposal = { id: string; type: string; contentType: string; data: Uint8Array; metadata: Uint8Array };

/** `created`: milliseconds since 1970. `position`: where its record begins, `end`: where the next may. */
export type StoredEvent = Proposal & {
  stream: string;
  revision: number;
  position: number;
  end: number;
  created: number;
};

export type Outcome =
  | { is: 'done'; revision: number; position: number | undefined }
  | { is: 'wrong-revision'; current: number }
  | { is: 'stream-deleted' };

export type Page = { events: StoredEvent[]; considered: number; next: number; end: boolean };

/** One stream: what is still there of it, and the number of the last event that ever was, -1 for none. */
export type StoredStream = { events: StoredEvent[]; last: number; tombstoned: boolean };

const RECORD_OVERHEAD = 120;
/** The log begins with a record that is no event: the first leader's epoch. */
const FIRST_POSITION = 252;

/** `first` such that everything from it on satisfies `holds`, given that it holds for a tail of the list. */
const firstWhere = <T>(list: readonly T[], holds: (item: T) => boolean): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** The database: every stream, and `$all` in position order. All nodes of a cluster share one. */
export const createStore = () => {
  const streams = new Map<string, StoredStream>();
  const rules = new Map<string, StreamRules>();
  let all: StoredEvent[] = [];
  /** Where records begin, also those that scavenging has taken: it does not move what stays. */
  const records: number[] = [FIRST_POSITION];
  let ahead = 0;
  const listeners = new Set<(event: StoredEvent) => void>();

  const now = (): number => Date.now() + ahead;
  const end = (): number => records.at(-1) ?? FIRST_POSITION;
  const streamOf = (name: string): StoredStream => streams.get(name) ?? { events: [], last: -1, tombstoned: false };
  const rulesOf = (name: string): StreamRules => rules.get(name) ?? {};

  const write = (name: string, stream: StoredStream, proposal: Proposal, revision: number): StoredEvent => {
    const position = end();
    const size = RECORD_OVERHEAD + 2 * name.length + proposal.data.length + proposal.metadata.length;
    const event = { ...proposal, stream: name, revision, position, end: position + size, created: now() };
    stream.events.push(event);
    stream.last = revision;
    streams.set(name, stream);
    all.push(event);
    records.push(event.end);
    if (name.startsWith('$$')) rules.set(name.slice(2), streamRules(proposal.data));
    return event;
  };

  const append = (name: string, expected: Expected, proposals: readonly Proposal[]): Outcome => {
    const stream = streamOf(name);
    const softDeleted = rulesOf(name).softDeleted === true;
    const metastreamExists = streamOf(`$$${name}`).last >= 0;
    const check = checkAppend(stream, { softDeleted, metastreamExists }, expected, proposals);
    if (check.is !== 'write') return check;
    const written = proposals.map((proposal) => write(name, stream, proposal, stream.last + 1));
    if (softDeleted) {
      // Numbering goes on; what was before stays hidden.
      const first = stream.last - proposals.length + 1;
      append(`$$${name}`, 'any', [metadataEvent({ $tb: first })]);
    }
    for (const event of written) for (const tell of listeners) tell(event);
    // A long-standing oddity of empty appends: the revision that they name is the current one.
    return { is: 'done', revision: stream.last, position: written.at(-1)?.position ?? end() };
  };

  return {
    append,
    /** The log's end: where the next record will begin. */
    end,
    now,
    /** Time goes on by so many milliseconds at once. */
    advance: (ms: number): void => {
      ahead += ms;
    },
    listen: (listener: (event: StoredEvent) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /** Undefined when there is no such stream, or it was deleted; its visible events otherwise. */
    readStream: (name: string): { events: StoredEvent[]; last: number } | 'stream-deleted' | undefined => {
      const stream = streamOf(name);
      if (stream.tombstoned) return 'stream-deleted';
      if (stream.last < 0 || rulesOf(name).softDeleted) return undefined;
      return { events: visible(stream, rulesOf(name), now()), last: stream.last };
    },

    /** False for a place at which no record begins: nothing can be read from there. */
    isPlace: (position: number): boolean =>
      position === 0 || records[firstWhere(records, (begin) => begin >= position)] === position,

    /** Events that begin at or after `from`, in log order; hidden ones too, as long as no scavenging took them. */
    pageForwards: (from: number, matches: (event: StoredEvent) => boolean, count: number, window: number): Page => {
      const events: StoredEvent[] = [];
      let considered = 0;
      let index = firstWhere(all, (event) => event.position >= from);
      let next = from;
      for (; index < all.length && events.length < count && considered < window; index += 1) {
        const event = all[index];
        if (!event) break;
        considered += 1;
        next = event.end;
        if (matches(event)) events.push(event);
      }
      return { events, considered, next, end: index >= all.length };
    },

    /** Events that end at or before `from`, the newest first. */
    *backwards(from: number): Generator<StoredEvent> {
      for (let index = firstWhere(all, (event) => event.end > from) - 1; index >= 0; index -= 1) {
        const event = all[index];
        if (event) yield event;
      }
    },

    softDelete: (name: string, expected: Expected): Outcome => {
      const stream = streamOf(name);
      if (stream.tombstoned) return { is: 'stream-deleted' };
      const agrees = expected === 'any' || expected === 'exists' || expected === stream.last;
      if (stream.last < 0 || !agrees || rulesOf(name).softDeleted) {
        return { is: 'wrong-revision', current: stream.last };
      }
      return append(`$$${name}`, 'any', [metadataEvent({ $tb: SOFT_DELETED })]);
    },

    tombstone: (name: string): Outcome => {
      const stream = streamOf(name);
      if (stream.tombstoned) return { is: 'stream-deleted' };
      const { position, revision } = write(name, stream, tombstoneEvent(), TOMBSTONE_REVISION);
      stream.tombstoned = true;
      return { is: 'done', revision, position };
    },

    /** Takes what is hidden, except each stream's last event. */
    scavenge: (): void => {
      const keep = (event: StoredEvent): boolean => {
        const stream = streamOf(event.stream);
        if (event.revision === stream.last) return true;
        if (stream.tombstoned || rulesOf(event.stream).softDeleted) return false;
        return visible({ ...stream, events: [event] }, rulesOf(event.stream), now()).length > 0;
      };
      all = all.filter(keep);
      for (const stream of streams.values()) stream.events = stream.events.filter(keep);
    },
  };
};

export type Store = ReturnType<typeof createStore>;

/** 2^63 - 1, as the server writes it. */
const SOFT_DELETED = 9223372036854775807n;
const TOMBSTONE_REVISION = Number.MAX_SAFE_INTEGER;

const json = (value: Record<string, unknown>): Uint8Array =>
  Buffer.from(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner)));

const metadataEvent = (rules: Record<string, unknown>): Proposal => ({
  id: crypto.randomUUID(),
  type: '$metadata',
  contentType: 'application/json',
  data: json(rules),
  metadata: new Uint8Array(),
});

const tombstoneEvent = (): Proposal => ({
  id: crypto.randomUUID(),
  type: '$streamDeleted',
  contentType: 'application/octet-stream',
  data: new Uint8Array(),
  metadata: new Uint8Array(),
});
