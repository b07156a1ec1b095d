import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { channelIsStale, parseStream, stateText } from '@rollcall/channel';
import type { StateCache } from '@rollcall/state-cache';
import { CAPTURES, runCapture } from './run-capture.ts';

/** What a list says of one channel: the four things that every list must agree on. */
type Line = { uniqueid: string; name: string; state: string; location: string };

type Poll = { t: number; lines: Map<string, Line> };

/** Asterisk's CLI lists channels of its internal technologies, which no feed carries. */
const INTERNAL = /^(CBAnn|CBRec|Surrogate|Announcer|Recorder|Message)\//;
/** A channel that changed this close to a poll may be seen either way. Milliseconds. */
const AROUND = 100;

/** Of a line of `core show channels concise`; while Asterisk is down the CLI prints something else. */
const FIELDS = 14;

const ndjson = <T>(bytes: Buffer): T[] =>
  bytes
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** Asterisk's own list, `core show channels concise`, every half second. A poll that could not be made is left out. */
const truthOf = (capture: string): Poll[] =>
  ndjson<{ t: number; channels?: string[] }>(
    gunzipSync(readFileSync(join(CAPTURES, capture, 'truth.ndjson.gz'))),
  ).flatMap(({ t, channels }) =>
    channels === undefined || channels.some((line) => line.split('!').length < FIELDS)
      ? []
      : [{ t, lines: new Map(channels.map(concise).map((line) => [line.uniqueid, line])) }],
  );

const concise = (text: string): Line => {
  const fields = text.split('!');
  const [name = '', context = '', exten = '', priority = '', state = ''] = fields;
  return { uniqueid: fields.at(-1) ?? '', name, state, location: `${exten}@${context}:${priority}` };
};

export const marksOf = (capture: string): { t: number; what: string }[] =>
  ndjson(readFileSync(join(CAPTURES, capture, 'marks.ndjson')));

export type Agreement = {
  polls: number;
  compared: number;
  /** Changed within AROUND of the poll. */
  exempt: number;
  internal: number;
  /** Asterisk had said it when the poll was made, by its own clock, and its feed delivered it after the poll. */
  delayed: number;
  /** Polls while the connection was lost or its list not yet compared: what is listed as live must be true, no more. */
  stalePolls: number;
  wrong: string[];
  ghosts: number;
  /** What Asterisk and we list at the last poll. */
  atTheEnd: { asterisk: number; ours: number };
  differences: number;
  late: number;
};

/** Compares our list with Asterisk's at every poll of a capture. */
export const agree = async (capture: string, source: 'ami' | 'ari'): Promise<Agreement> => {
  const polls = truthOf(capture);
  const started = startOf(capture);
  const ours: { lines: Map<string, Line>; stale: boolean }[] = [];
  const changes = new Map<string, Change[]>();
  const lostAt = marksOf(capture).find(({ what }) => what === 'ami-drop' || what.startsWith('kill'))?.t;
  const lost = source === 'ami' || capture.endsWith('crash') ? lostAt : undefined;

  const { cache, counters, verification } = await runCapture(capture, source, {
    lostAt: lost,
    before: (t, cache) => {
      for (let poll = polls[ours.length]; poll && poll.t < t; poll = polls[ours.length]) ours.push(listOf(cache));
    },
    committed: (received, events) => {
      for (const { stream, time } of events) {
        const uniqueid = parseStream(stream)?.uniqueid;
        if (uniqueid) changes.set(uniqueid, [...(changes.get(uniqueid) ?? []), { received, said: time - started }]);
      }
    },
  });

  const result: Agreement = {
    polls: 0,
    compared: 0,
    exempt: 0,
    internal: 0,
    delayed: 0,
    stalePolls: 0,
    wrong: [],
    ghosts: cache.size,
    atTheEnd: { asterisk: polls.at(-1)?.lines.size ?? 0, ours: ours.at(-1)?.lines.size ?? 0 },
    differences: verification.differences.length,
    late: counters.late,
  };
  for (const [index, poll] of polls.entries()) {
    const mine = ours[index];
    if (!mine) continue;
    result.polls++;
    if (mine.stale) result.stalePolls++;
    for (const uniqueid of new Set([...poll.lines.keys(), ...mine.lines.keys()])) {
      const theirs = poll.lines.get(uniqueid);
      const our = mine.lines.get(uniqueid);
      if (theirs && INTERNAL.test(theirs.name)) result.internal++;
      else if (changes.get(uniqueid)?.some(({ received }) => Math.abs(received - poll.t) <= AROUND)) result.exempt++;
      else if (changedInTruth(polls, index, uniqueid)) result.exempt++;
      else if (!our && mine.stale) continue;
      else if (
        our &&
        theirs &&
        our.name === theirs.name &&
        our.state === theirs.state &&
        our.location === theirs.location
      ) {
        result.compared++;
      } else if (changes.get(uniqueid)?.some(({ received, said }) => said < poll.t && received > poll.t)) {
        result.delayed++;
      } else result.wrong.push(`t=${poll.t} ${uniqueid}: ours ${JSON.stringify(our)} theirs ${JSON.stringify(theirs)}`);
    }
  }
  return result;
};

/** What is listed as live; `stale`: some is not, since the connection was lost and the lists not yet compared. */
const listOf = (cache: StateCache): { lines: Map<string, Line>; stale: boolean } => {
  const lines = new Map<string, Line>();
  for (const channel of cache.list()) {
    if (channelIsStale(channel, cache.pbx(channel.pbx))) continue;
    const { uniqueid, name, state, exten, context, priority } = channel;
    lines.set(uniqueid, { uniqueid, name, state: stateText(state), location: `${exten}@${context}:${priority}` });
  }
  const [pbx] = cache.pbxs();
  return { lines, stale: pbx !== undefined && (!pbx.connected || pbx.staleBefore !== undefined) };
};

/** When the feed delivered an event, and when Asterisk says that it happened; milliseconds since the recording began. */
type Change = { received: number; said: number };

/** Asterisk's own list changed within AROUND of the poll, as a poll next to it shows: some changes have no event. */
const changedInTruth = (polls: Poll[], index: number, uniqueid: string): boolean =>
  [polls[index - 1], polls[index + 1]].some(
    (next) =>
      next !== undefined &&
      Math.abs(next.t - (polls[index]?.t ?? 0)) <= AROUND &&
      JSON.stringify(next.lines.get(uniqueid)) !== JSON.stringify(polls[index]?.lines.get(uniqueid)),
  );

/** Milliseconds since 1970. */
const startOf = (capture: string): number =>
  Date.parse(JSON.parse(readFileSync(join(CAPTURES, capture, 'meta.json'), 'utf8')).started);
