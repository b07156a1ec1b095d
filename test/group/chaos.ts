import { setTimeout as delay } from 'node:timers/promises';
import { type ChannelView, openChannelView } from '@rollcall/projection-topic';
import { vi } from 'vitest';
import { partitionsOf } from '../brokers/judge.ts';
import type { Kafka } from '../brokers/kafka.ts';
import type { Caches, Member } from './member.ts';
import { channelsOf, foldLog, linesOf, readOnTopic } from './oracle.ts';
import { createPlace, type Place } from './place.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export type Chaos = { seconds: number; brokerEvery: number; projectorEvery: number };

const PARTITIONS = 3;
const MEMBERS = 3;
const VIEWS = 2;
const PATIENT = { timeout: 120_000, interval: 500 };

/**
 * A busy ingest, a group of projectors and views on three brokers, of which one after the other is killed (-9), as are the
 * projectors; then all is left to come to rest, and everything that there is of the list is set beside the log.
 */
export const runChaos = async (kafka: Kafka, { seconds, brokerEvery, projectorEvery }: Chaos) => {
  const place = createPlace(kafka, PARTITIONS);
  const views: ChannelView[] = [];
  try {
    const log = await place.openLog();
    const traffic = await startTraffic(log, 40, () => delay(10));
    const members = Array.from({ length: MEMBERS }, (_, number) => place.member(`projector-${number}`));
    const started = [...members];
    for (let count = 0; count < VIEWS; count++) {
      views.push(openChannelView({ brokers: kafka.bootstrap, topics: place.topics }));
    }
    await vi.waitFor(() => mustBe(keptBy(members), '0,1,2'), PATIENT);

    const ending = new AbortController();
    const killing = [
      inTurn(brokerEvery, ending.signal, (count) => killBroker(kafka, place, count)),
      inTurn(projectorEvery, ending.signal, async (count) => {
        const number = count % MEMBERS;
        await members[number]?.kill9();
        const next = place.member(`projector-${number}`);
        members[number] = next;
        started.push(next);
      }),
    ];
    await delay(seconds * 1000);
    ending.abort();
    const [brokersKilled, projectorsKilled] = await Promise.all(killing);
    await traffic.stop();
    return { ...(await judge(kafka, place, traffic, { members, started }, views)), brokersKilled, projectorsKilled };
  } finally {
    for (const view of views) await view.close();
    await place.cleanup();
  }
};

/** From one beginning to the next so many seconds, or longer where it takes longer. Says how often it was done. */
const inTurn = async (every: number, signal: AbortSignal, work: (count: number) => Promise<void>): Promise<number> => {
  let began = performance.now();
  for (let count = 0; ; count++) {
    await delay(Math.max(0, every * 1000 - (performance.now() - began)), undefined, { signal }).catch(() => {});
    if (signal.aborted) return count;
    began = performance.now();
    await work(count);
  }
};

const killBroker = async (kafka: Kafka, { events }: Place, count: number): Promise<void> => {
  const broker = kafka.brokers[count % kafka.brokers.length];
  await broker?.kill9();
  await broker?.start();
  await vi.waitFor(async () => {
    for (const { inSync } of await partitionsOf(kafka.inside, events)) mustBe(inSync.length, 3);
  }, PATIENT);
};

const keptBy = (members: readonly Member[]): string =>
  members
    .flatMap((member) => member.projecting())
    .sort()
    .join();

/** What everything says at the end, and how much of it came twice. */
const judge = async (
  kafka: Kafka,
  place: Place,
  traffic: Traffic,
  { members, started }: { members: Member[]; started: Member[] },
  views: ChannelView[],
) => {
  const { folded, counted, absorbed } = await foldLog(kafka, place.events, PARTITIONS);
  const expected = channelsOf(folded);
  const all = JSON.stringify(linesOf(folded));
  await vi.waitFor(async () => {
    mustBe(keptBy(members), '0,1,2');
    const caches = await Promise.all(members.map((member) => member.caches()));
    mustBe(JSON.stringify(linesIn(caches)), all);
  }, PATIENT);
  const { topic, twice } = await vi.waitFor(async () => {
    const found = await readOnTopic(kafka, place.topics.channels);
    mustBe(sorted(found.topic), sorted(expected));
    return found;
  }, PATIENT);
  const shown = views.map((view) => new Map([...view.list()].map((one) => [`${one.pbx}/${one.uniqueid}`, one])));
  const acknowledged = [...traffic.acknowledged].filter(([stream]) => !stream.startsWith('pbx/'));
  return {
    events: traffic.events(),
    channels: traffic.acknowledged.size - 1,
    live: expected.size,
    lost: acknowledged.filter(([stream, ids]) => counted.get(stream)?.join() !== ids.join()).length,
    ghosts: [...topic.keys()].filter((key) => !traffic.live.has(key.split('/')[1] ?? '')).length,
    missing: [...traffic.live].filter((uniqueid) => !topic.has(`pbx-a/${uniqueid}`)).length,
    viewsThatDiffer: shown.filter((view) => sorted(view) !== sorted(expected)).length,
    absorbed: {
      appendsToTheLog: absorbed,
      eventsByProjectors: started.reduce((sum, member) => sum + (member.counters()?.duplicates ?? 0), 0),
      recordsOnTheTopic: twice,
      recordsByViews: views.reduce((sum, view) => sum + view.counters().late, 0),
    },
  };
};

const linesIn = (told: readonly Caches[]): string[][] =>
  told
    .flatMap(({ caches }) => caches)
    .sort(([a], [b]) => a - b)
    .map(([, , lines]) => lines);

const sorted = (channels: ReadonlyMap<string, unknown>): string =>
  JSON.stringify([...channels].sort(([a], [b]) => (a < b ? -1 : 1)));

const mustBe = <T>(found: T, expected: T): void => {
  if (found !== expected) throw new Error(`${String(found).slice(0, 300)} is not ${String(expected).slice(0, 300)}`);
};
