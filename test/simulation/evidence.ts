import type { ChannelList, ChannelObservation, ListedChannel } from '@rollcall/channel';
import type { Watcher } from './simulated-pbx.ts';

/** What reached Rollcall about one uniqueid over the present connection. Virtual times. */
export type OfChannel = {
  created: Told | undefined;
  hangup: Told | undefined;
  last: Told | undefined;
  /** The last answer that it exists, or that it does not; used up by the event that it justifies. */
  found: Answer | undefined;
  notFound: Answer | undefined;
  /** The answer that brought it back. */
  revived: Answer | undefined;
  /** There was a reason to ask: a complete list lacked it, or a report contradicted what was known. */
  doubted: boolean;
  lookFailedAt: number;
};

type Answer = { answeredAt: number; deliveredAt: number };
type Told = { publishedAt: number; deliveredAt: number };

/** What Rollcall could know, and what troubled it: what the checkers judge it by. */
export type Evidence = {
  watcher: Watcher;
  of(uniqueid: string): OfChannel;
  /** Since when events are heard; undefined: the line is down. */
  upSince(): number | undefined;
  /** Last moment at which lists could not be relied on. */
  listTroubleAt(): number;
  lookTroubleAt(): number;
  /** When Rollcall last had a list that it asked for; undefined: not yet over this connection. */
  listedAt(): number | undefined;
  listsAsked(): number;
  looksAsked(): number;
  /** Reports handed over since the connection began, until Rollcall ends it. */
  delivered(): number;
  /** Most reports that came at one moment. */
  largestChunk(): number;
  closing(): boolean;
};

export type EvidenceOptions = {
  now: () => number;
  say: (line: () => string) => void;
  /** What the log says of that id in the present boot. */
  state: (uniqueid: string) => 'unclear' | 'unseen' | 'live' | 'over';
  /** Uniqueids that are live in the log. */
  live: () => Iterable<string>;
};

export const createEvidence = ({ now, say, state, live }: EvidenceOptions): Evidence => {
  let channels = new Map<string, OfChannel>();
  let up: number | undefined;
  let listTroubleAt = 0;
  let lookTroubleAt = 0;
  let listedAt: number | undefined;
  let lists = 0;
  let listAskedAt = 0;
  const looks = new Map<string, { since: number; doubted: boolean }>();
  let delivered = 0;
  let closing = false;
  let chunk = 0;
  let chunkAt = 0;
  let largestChunk = 0;

  const of = (uniqueid: string): OfChannel => {
    let channel = channels.get(uniqueid);
    if (!channel) {
      channel = {
        created: undefined,
        hangup: undefined,
        last: undefined,
        found: undefined,
        notFound: undefined,
        revived: undefined,
        doubted: false,
        lookFailedAt: 0,
      };
      channels.set(uniqueid, channel);
    }
    return channel;
  };

  const takeEvent = (observation: ChannelObservation, publishedAt: number): void => {
    const { kind, uniqueid } = observation;
    say(
      () =>
        `event ${kind} ${uniqueid} ${brief(observation.facts)}${'bridge' in observation ? ` ${observation.bridge}` : ''} (of ${publishedAt.toFixed(0)})`,
    );
    delivered++;
    chunk = now() === chunkAt ? chunk + 1 : 1;
    chunkAt = now();
    largestChunk = Math.max(largestChunk, chunk);
    const channel = of(uniqueid);
    const told = { publishedAt, deliveredAt: now() };
    channel.last = told;
    const before = state(uniqueid);
    const isNew = kind === 'created' && before === 'unseen' && !channel.created;
    const isOfLive = kind !== 'created' && before === 'live' && !channel.hangup;
    if (!isNew && !isOfLive) channel.doubted = true;
    if (kind === 'created') channel.created = told;
    if (kind === 'destroyed') channel.hangup = told;
  };

  const takeList = (list: ChannelList, good: boolean): void => {
    say(
      () =>
        `list ${list.complete ? '' : 'INCOMPLETE '}${list.channels.map(({ uniqueid, facts }) => `${uniqueid} ${brief(facts)} ${facts.bridge}`).join(', ')}`,
    );
    lists--;
    listedAt = now();
    if (!good) listTroubleAt = now();
    const theirs = new Set(list.channels.map(({ uniqueid }) => uniqueid));
    for (const uniqueid of theirs) if (state(uniqueid) !== 'live' || of(uniqueid).hangup) of(uniqueid).doubted = true;
    if (!list.complete) return;
    const created = [...channels].filter(([, told]) => told.created).map(([uniqueid]) => uniqueid);
    for (const uniqueid of [...live(), ...created]) if (!theirs.has(uniqueid)) of(uniqueid).doubted = true;
  };

  const watcher: Watcher = {
    hearing: () => {
      say(() => 'connected');
      channels = new Map();
      up = now();
      listedAt = undefined;
      lists = 0;
      looks.clear();
      delivered = 0;
      closing = false;
    },
    lost: () => {
      say(() => 'line lost');
      up = undefined;
    },
    closing: () => {
      say(() => 'Rollcall closes the connection');
      closing = true;
    },
    event: takeEvent,
    listAsked: () => {
      say(() => 'list?');
      lists++;
      listAskedAt = now();
    },
    list: takeList,
    cached: () => {},
    listFailed: () => {
      say(() => 'list failed');
      lists--;
      listTroubleAt = now();
    },
    lookAsked: (uniqueid) => {
      say(() => `look ${uniqueid}?`);
      looks.set(uniqueid, { since: now(), doubted: of(uniqueid).doubted });
    },
    look: (uniqueid, found: ListedChannel | undefined, answeredAt) => {
      say(() => `look ${uniqueid}: ${found ? brief(found.facts) : 'none'} (of ${answeredAt.toFixed(0)})`);
      const asked = looks.get(uniqueid);
      looks.delete(uniqueid);
      if (!asked?.doubted) return;
      const channel = of(uniqueid);
      if (found) channel.found = { answeredAt, deliveredAt: now() };
      else channel.notFound = { answeredAt, deliveredAt: now() };
    },
    lookFailed: (uniqueid) => {
      say(() => `look ${uniqueid} failed`);
      looks.delete(uniqueid);
      of(uniqueid).lookFailedAt = now();
      lookTroubleAt = now();
    },
  };

  return {
    watcher,
    of,
    upSince: () => up,
    listTroubleAt: () => (lists > 0 && now() - listAskedAt > 1000 ? now() : listTroubleAt),
    lookTroubleAt: () => ([...looks.values()].some(({ since }) => now() - since > 1000) ? now() : lookTroubleAt),
    listedAt: () => listedAt,
    listsAsked: () => lists,
    looksAsked: () => looks.size,
    delivered: () => delivered,
    largestChunk: () => largestChunk,
    closing: () => closing,
  };
};

const brief = ({ name, state, exten }: ListedChannel['facts']): string => `${name}/${state}/${exten}`;
