import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { channelStream, type DomainEvent, parseStream, revision } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openKafkaPartition } from '@rollcall/event-log/kafka';
import { openChannelView } from '@rollcall/projection-topic';
import { createCounters, replayOpen } from '@rollcall/projector';
import kafkajs, { type Message } from 'kafkajs';
import { encodeAppend } from '../../libs/event-log/src/kafka/record.ts';
import { restore } from '../../services/projector/src/group/restore.ts';
import type { Kafka } from '../brokers/kafka.ts';
import { startKafka } from '../brokers/lab.ts';
import { asNew } from '../contract/event-log.events.ts';
import { createPlace, type Place } from '../group/place.ts';
import { channelLives, firstRevision, type LifeAppend } from './channel-lives.ts';
import type { Lag } from './lag-process.ts';
import { inDirectory, median, type Result } from './race.ts';

const EVENTS = 40_000;
const SIZES = [1, 2, 4];
const RATES = [1_000, 5_000, 10_000];
const RATE_SECONDS = 8;
const AT_A_TIME = 500;
const LIVE = 100_000;
const BATCH = 500;

/**
 * The pipeline on a real Kafka of one broker. It, the ingest and the projectors share this machine's processors, so that more processes
 * show what they cost here and not what they bring on machines of their own. `heard`: told of each part as soon as it is there.
 */
export const benchKafka = async (heard: (results: Result[]) => void = () => {}): Promise<Result[]> => {
  const kafka = await startKafka({ version: '4' });
  try {
    const results: Result[] = [];
    const take = (some: Result[]): void => {
      heard(some);
      results.push(...some);
    };
    for (const size of SIZES) take(await benchProjectors(kafka, size));
    take(await benchBacklog(kafka));
    take(await benchIngest(kafka));
    for (const rate of RATES) take(await benchLag(kafka, rate));
    take(await benchRestore(kafka));
    return results;
  } finally {
    await kafka.stop();
  }
};

const inPlace = async <T>(kafka: Kafka, partitions: number, work: (place: Place) => Promise<T>): Promise<T> => {
  const place = createPlace(kafka, partitions);
  try {
    return await work(place);
  } finally {
    await place.cleanup();
  }
};

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + 120_000; !(await what()); ) {
    if (performance.now() > end) throw new Error('it takes too long');
    await delay(5);
  }
};

const client = (kafka: Kafka) =>
  new kafkajs.Kafka({ brokers: [...kafka.bootstrap], logLevel: kafkajs.logLevel.NOTHING });

const recordsOf = ({ stream, expected, event }: LifeAppend): Message[] =>
  encodeAppend({ stream, expected, events: [event], texts: [JSON.stringify(event.data)] });

/** As kafkajs sends them: batch by batch, each acknowledged. */
const produce = async (kafka: Kafka, topic: string, messages: readonly Message[]): Promise<void> => {
  const producer = client(kafka).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let from = 0; from < messages.length; from += BATCH) {
    await producer.send({ topic, acks: -1, messages: messages.slice(from, from + BATCH) });
  }
  await producer.disconnect();
};

const rateOf = (count: number, since: number): number => Math.round((count / (performance.now() - since)) * 1_000);

/** Whether a view has come to where these events lead. */
const shows = async (kafka: Kafka, place: Place, lives: readonly LifeAppend[]) => {
  const ends = new Map<string, number>();
  for (const { stream, expected, event } of lives) {
    if (event.type === 'ChannelDestroyed') ends.delete(stream);
    else ends.set(stream, firstRevision(expected));
  }
  const view = openChannelView({ brokers: kafka.bootstrap, topics: place.topics });
  await view.ready;
  return {
    all: (): boolean =>
      view.size === ends.size &&
      [...ends].every(([stream, at]) => view.get('pbx-a', parseStream(stream)?.uniqueid ?? '')?.revision === at),
    close: view.close,
  };
};

/** So many processes, each with its partition. */
const startMembers = async (place: Place, count: number): Promise<void> => {
  const members = Array.from({ length: count }, () => place.member());
  await until(() => members.every((member) => member.projecting().length === 1));
};

/** From the log's records to the topic's, beside kafkajs alone, which only passes the same records from hand to hand. */
const benchProjectors = async (kafka: Kafka, size: number): Promise<Result[]> => {
  const lives = channelLives(EVENTS);
  const messages = lives.flatMap(recordsOf);
  const ours = await inPlace(kafka, size, async (place) => {
    await place.openLog();
    await startMembers(place, size);
    const view = await shows(kafka, place, lives);
    const since = performance.now();
    await produce(kafka, place.events, messages);
    await until(view.all);
    const rate = rateOf(EVENTS, since);
    await view.close();
    return rate;
  });
  const theirs = await inPlace(kafka, size, async (place) => {
    await place.openLog();
    const consumer = client(kafka).consumer({ groupId: place.settings().group ?? '', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: place.events, fromBeginning: true });
    let seen = 0;
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      eachBatch: async ({ batch }) => {
        seen += batch.messages.length;
      },
    });
    await joined;
    const since = performance.now();
    await produce(kafka, place.events, messages);
    await until(() => seen >= EVENTS);
    const rate = rateOf(EVENTS, since);
    await consumer.disconnect();
    return rate;
  });
  const of = `kafkajs alone, produced and consumed, partitions: ${size}`;
  const ratio = Number((ours / theirs).toFixed(2));
  return [
    { name: of, value: theirs, unit: 'events/s' },
    { name: `log to topic, partitions and projectors: ${size}`, value: ours, unit: 'events/s', of, ratio },
  ];
};

const PARTITIONS = 4;

/** What waits in four partitions, worked off by more and more processes: nobody writes meanwhile. */
const benchBacklog = async (kafka: Kafka): Promise<Result[]> => {
  const lives = channelLives(EVENTS);
  const messages = lives.flatMap(recordsOf);
  const workedOffBy = (size: number): Promise<number> =>
    inPlace(kafka, PARTITIONS, async (place) => {
      await place.openLog();
      const members = Array.from({ length: size }, () => place.member());
      await until(() => members.every((member) => member.projecting().length === PARTITIONS / size));
      const view = await shows(kafka, place, lives);
      // For less than it takes the group to miss them.
      for (const { process } of members) process.kill('SIGSTOP');
      await produce(kafka, place.events, messages);
      const since = performance.now();
      for (const { process } of members) process.kill('SIGCONT');
      await until(view.all);
      const rate = rateOf(EVENTS, since);
      await view.close();
      return rate;
    });
  const results: Result[] = [];
  for (const size of SIZES) {
    const of = `backlog of ${PARTITIONS} partitions to topic, processes: ${SIZES[0]}`;
    const value = await workedOffBy(size);
    const name = `backlog of ${PARTITIONS} partitions to topic, processes: ${size}`;
    const first = results[0]?.value;
    results.push({ name, value, unit: 'events/s', ...(first && { of, ratio: Number((value / first).toFixed(2)) }) });
  }
  return results;
};

/** From the append to the topic, as fast as it goes. */
const benchIngest = (kafka: Kafka): Promise<Result[]> =>
  inPlace(kafka, 1, async (place) => {
    const lives = channelLives(EVENTS);
    const log = await place.openLog();
    await startMembers(place, 1);
    const view = await shows(kafka, place, lives);
    const since = performance.now();
    for (let from = 0; from < EVENTS; from += AT_A_TIME) {
      const some = Map.groupBy(lives.slice(from, from + AT_A_TIME), ({ stream }) => stream);
      await Promise.all(
        [...some.values()].map(async (ofOne) => {
          for (const { stream, expected, event } of ofOne) await log.append(stream, expected, [event]);
        }),
      );
    }
    const appended = rateOf(EVENTS, since);
    await until(view.all);
    const through = rateOf(EVENTS, since);
    await view.close();
    return [
      { name: `append, ${AT_A_TIME} at a time`, value: appended, unit: 'events/s' },
      { name: 'append to topic', value: through, unit: 'events/s' },
    ];
  });

type Idle = { stream: string; at: number };

const STAGES: ((name: string) => DomainEvent)[] = [
  (callerName) => ({ type: 'ChannelCreated', data: { name: 'PJSIP/x', origin: 'created', callerName } }),
  ...Array.from({ length: 6 }, () => (callerName: string): DomainEvent => {
    return { type: 'CallerIdChanged', data: { callerName } };
  }),
  () => ({ type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16 } }),
];

/** At a given rate, whether what came before is through or not: from the append to a reader of the topic. */
const benchLag = (kafka: Kafka, rate: number): Promise<Result[]> =>
  inPlace(kafka, 1, async (place) => {
    const log = await place.openLog();
    await startMembers(place, 1);
    const settings = JSON.stringify({ brokers: kafka.bootstrap, topics: place.topics });
    const reader = fork(join(import.meta.dirname, 'lag-process.ts'), [settings]);
    await once(reader, 'message');

    let born = 0;
    const newChannel = (): Idle => ({ stream: channelStream('pbx-a', 1, `${++born}`), at: 0 });
    const idle: Idle[] = Array.from({ length: rate }, newChannel);
    let acknowledged = 0;
    const step = async ({ stream, at }: Idle): Promise<void> => {
      const event = STAGES[at]?.(`${performance.timeOrigin + performance.now()}`);
      if (!event) return;
      await log.append(stream, at === 0 ? 'none' : revision(at - 1), [asNew(event)]);
      acknowledged++;
      idle.push(at + 1 < STAGES.length ? { stream, at: at + 1 } : newChannel());
    };
    const running: Promise<void>[] = [];
    const since = performance.now();
    for (let asked = 0; performance.now() - since < RATE_SECONDS * 1000; ) {
      const due = ((performance.now() - since) / 1000) * rate;
      for (; asked < due; asked++) {
        const next = idle.shift();
        if (!next) break;
        running.push(step(next));
      }
      await delay(2);
    }
    const reached = rateOf(acknowledged, since);
    await Promise.all(running);
    await delay(1_000);
    const reported = new Promise<Lag>((resolve) => reader.once('message', (lag: Lag) => resolve(lag)));
    reader.send('report');
    const lag = await reported;
    reader.disconnect();
    const at = `at ${rate} events/s asked for (${reached} reached)`;
    return [
      { name: `append to reader of the topic, ${at}, 50%`, value: lag.p50, unit: 'ms' },
      { name: `append to reader of the topic, ${at}, 99%`, value: lag.p99, unit: 'ms' },
    ];
  });

/** What it takes to take over a partition of many live channels. */
const benchRestore = (kafka: Kafka): Promise<Result[]> =>
  inPlace(kafka, 1, async (place) => {
    await place.openLog();
    const streams = Array.from({ length: LIVE }, (_, number) => channelStream('pbx-a', 1, `${number}.1`));
    const lives = streams.flatMap((stream, number): LifeAppend[] => [
      {
        stream,
        expected: 'none',
        event: asNew({ type: 'ChannelCreated', data: { name: `PJSIP/100-${number}`, origin: 'created' } }),
      },
      { stream, expected: revision(0), event: asNew({ type: 'ChannelStateChanged', data: { state: 6 } }) },
    ]);
    await produce(kafka, place.events, lives.flatMap(recordsOf));
    const group = place.group();
    await until(() => group.partitions()[0]?.published === 2 * LIVE + 1);
    await group.stop();
    return inDirectory(async (dir) => {
      const at = {
        brokers: kafka.bootstrap,
        topic: place.events,
        dir,
        partition: 0,
        partitions: 1,
        world: systemWorld,
      };
      const opened = await timed(() => openKafkaPartition(at));
      await opened.result.close();
      const { result: log, ms: again } = await timed(() => openKafkaPartition(at));
      const options = { kafka: { brokers: kafka.bootstrap }, topics: place.topics, partition: 0, log };
      const { signal } = new AbortController();
      const fromTopic: number[] = [];
      const fromLog: number[] = [];
      for (let round = 0; round < 3; round++) {
        fromTopic.push((await timed(() => restore({ ...options, signal, counters: createCounters() }))).ms);
        fromLog.push((await timed(() => replayOpen(log))).ms);
      }
      await log.close();
      const what = `${LIVE} live channels`;
      return [
        { name: `${what}: restored from the topic, and checked against the log`, value: median(fromTopic), unit: 'ms' },
        { name: `${what}: folded from the local copy of the log`, value: median(fromLog), unit: 'ms' },
        { name: `${what}: local copy of the log opened`, value: again, unit: 'ms' },
        { name: `${what}: local copy of ${2 * LIVE} events made, once`, value: opened.ms, unit: 'ms' },
      ];
    });
  });

const timed = async <T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> => {
  const since = performance.now();
  const result = await work();
  return { result, ms: Math.round(performance.now() - since) };
};
