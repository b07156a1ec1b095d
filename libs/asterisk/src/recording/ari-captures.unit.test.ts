import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ChannelFacts, stateText } from '@rollcall/channel';
import { expect, test } from 'vitest';
import { readAriRecording } from './ari.ts';

/** Real feeds; their README says what happens in each, and what Asterisk's own list (`truth`) is worth. */
const CAPTURES = new URL('../../../../test/captures/', import.meta.url);
const NAMES = readdirSync(CAPTURES).filter((name) => /^a\d\d-/.test(name));

/** The poll and the feed travelled on different sockets. */
const SLACK_MS = 100;

type Moment = { t: number; uniqueid: string; facts: ChannelFacts | undefined };

/** What the plainest listener makes of a feed, that only knows that what was destroyed stays destroyed. */
const fold = async (name: string) => {
  const recording = readAriRecording(createReadStream(new URL(`${name}/ari.ndjson.gz`, CAPTURES)), { variables: [] });
  const live = new Map<string, ChannelFacts>();
  const over = new Set<string>();
  const moments: Moment[] = [];
  let late = 0;
  for await (const part of recording.parts) {
    for (const observation of part.observations) {
      if (!('uniqueid' in observation)) continue;
      const { uniqueid, kind } = observation;
      if (over.has(uniqueid)) late += 1;
      else if (kind === 'destroyed') {
        over.add(uniqueid);
        live.delete(uniqueid);
        moments.push({ t: part.t ?? 0, uniqueid, facts: undefined });
      } else {
        const facts = { ...live.get(uniqueid), ...observation.facts };
        live.set(uniqueid, facts);
        moments.push({ t: part.t ?? 0, uniqueid, facts });
      }
    }
  }
  return { live, over, moments, late, report: recording.report };
};

type Poll = { t: number; channels?: string[] };

const polls = (name: string): Poll[] =>
  gunzipSync(readFileSync(new URL(`${name}/truth.ndjson.gz`, CAPTURES)))
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line): Poll => JSON.parse(line))
    // A PBX that was dead, or not yet booted, did not answer with a list.
    .filter((poll) => poll.channels?.every((line) => line.includes('!')));

/** Name, context, exten, priority, state of a line of `core show channels concise`, and its uniqueid. */
const row = (line: string) => ({
  uniqueid: line.slice(line.lastIndexOf('!') + 1),
  shown: line.split('!', 5).join('!'),
});
const shown = (facts: ChannelFacts): string =>
  [facts.name, facts.context, facts.exten, facts.priority, stateText(facts.state)].join('!');

/** Technologies internal to Asterisk, which no AMI or ARI event ever carries. */
const internal = (line: string) => /^(CBAnn|CBRec|Surrogate|Announcer|Recorder|Message)\//.test(line);

/** Compares each poll with every version that the fold had within the slack. */
const compare = (moments: Moment[], truth: Poll[]) => {
  let compared = 0;
  const wrong: string[] = [];
  for (const poll of truth) {
    const at = new Map<string, ChannelFacts | undefined>();
    const versions = new Map<string, (ChannelFacts | undefined)[]>();
    for (const { t, uniqueid, facts } of moments) {
      if (t > poll.t + SLACK_MS) break;
      if (t >= poll.t - SLACK_MS) versions.set(uniqueid, [...(versions.get(uniqueid) ?? [at.get(uniqueid)]), facts]);
      at.set(uniqueid, facts);
    }
    const possible = (uniqueid: string) => versions.get(uniqueid) ?? [at.get(uniqueid)];
    const listed = new Set<string>();
    for (const line of (poll.channels ?? []).filter((line) => !internal(line))) {
      const asterisk = row(line);
      listed.add(asterisk.uniqueid);
      compared += 1;
      if (!possible(asterisk.uniqueid).some((facts) => facts && shown(facts) === asterisk.shown)) {
        wrong.push(
          `${poll.t}: Asterisk has ${line}; the fold ${possible(asterisk.uniqueid).map((f) => f && shown(f))}`,
        );
      }
    }
    for (const uniqueid of at.keys()) {
      if (listed.has(uniqueid) || possible(uniqueid).includes(undefined)) continue;
      wrong.push(`${poll.t}: the fold has ${uniqueid}, Asterisk does not`);
    }
  }
  return { compared, wrong };
};

/** A killed PBX never says that its channels are over. */
const LEFT: Record<string, number> = { 'a16-crash': 12, 'a22-crash': 12 };

/** A move to a place where no application runs is told only by the next event: once, one second late. */
const SILENT: Record<string, number> = { 'a16-masq': 1 };

test.each(NAMES)('%s: the ARI feed reads without a flaw and agrees with Asterisk about its channels', async (name) => {
  const { live, over, moments, late, report } = await fold(name);
  expect(report).toMatchObject({ malformed: 0, damage: undefined });
  expect(live.size).toBe(LEFT[name] ?? 0);

  const { compared, wrong } = compare(moments, polls(name));
  if (process.env.SHOW_CAPTURES) {
    console.log(name, { events: report.events, over: over.size, late, compared, wrong: wrong.length });
  }
  expect(compared).toBeGreaterThan(50);
  if (name.endsWith('-ghost')) expect(wrong.filter((line) => !/Asterisk has Local\/q{75,}@/.test(line))).toEqual([]);
  else if (name.endsWith('-crash')) expect(wrong.filter((line) => !neverEnded(line, live))).toEqual([]);
  else expect(wrong).toHaveLength(SILENT[name] ?? 0);
});

const neverEnded = (line: string, live: Map<string, ChannelFacts>): boolean =>
  [...live.keys()].some((uniqueid) => line.endsWith(`the fold has ${uniqueid}, Asterisk does not`));
