import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { checkConnection, type KafkaConnection } from '@rollcall/kafka';
import type { CacheReader, Changes } from '@rollcall/state-cache';
import { createAgenda } from './agenda.ts';
import { createDeliver } from './deliver.ts';
import { ensureTopics } from './ensure-topic.ts';
import { explain } from './explain.ts';
import { keepTrying } from './keep-trying.ts';
import { type ChannelTopic, publishRound } from './publish-round.ts';
import { publishStatus, type StatusTopic } from './publish-status.ts';
import { createSender, type Sender } from './sender.ts';
import { surveyTopics } from './survey.ts';
import { createTimer } from './timer.ts';
import { TOPICS, type TopicNames } from './topic.ts';

export type PublisherOptions = {
  kafka: KafkaConnection;
  /** Identity of the event log: records of another one give way. */
  log: string;
  /** The list that the topic is to show. Its checkpoint is at the log's end, or on its way there. */
  cache: CacheReader;
  world: World;
  topics?: TopicNames;
  /** As many as the event log has, where it has any; an existing topic must have so many. Default: what the topic has, 6 for a new one. */
  partitions?: number;
  /** Copies of each partition of a new topic. Default: 3, or as many as there are brokers. */
  replication?: number;
  /** How long a new topic keeps tombstones, in milliseconds. Default: a day. */
  deleteRetentionMs?: number;
  /** The cache holds the channels of this partition only, and no other is touched. Default: all. */
  partition?: number;
  /**
   * Asked before each batch: false while another publisher may have taken this one's place. Nothing is sent then; default: always true.
   */
  mayPublish?: () => boolean;
  /** Milliseconds between two looks at what the topic really says. Default: 10 minutes. */
  surveyEveryMs?: number;
  /** Told when publishing stops and why, and with undefined when it goes on. */
  onProblem?: (problem: RollcallError | undefined) => void;
};

export type PublisherState = {
  /** Keys that are still to be looked at. */
  queued: number;
  snapshots: number;
  tombstones: number;
  /** Live channels that the topic has. */
  held: number;
  /** Everything up to this position of the log is on the topic; undefined before the first time. */
  position: number | undefined;
  problem: RollcallError | undefined;
  /** Keys on the topic whose record is not Rollcall's. They are left alone. */
  foreign: readonly string[];
  tooLarge: number;
};

export type Publisher = {
  /**
   * Say so after each commit to the cache. Never holds up the caller; resolves once the topic shows it. Nothing needs to be awaited,
   * and nothing is lost when Kafka is away.
   * @throws RollcallError PUBLISHER_CLOSED
   */
  publish: (changes: Changes) => Promise<void>;
  /** Compares all of the topic with all of the cache, and publishes what differs. Says how much that was. */
  reconcile: () => Promise<{ snapshots: number; tombstones: number }>;
  state: () => PublisherState;
  /** Publishes what is left for up to five seconds, if it can. */
  close: () => Promise<void>;
};

const NEW_PARTITIONS = 6;
const SURVEY_EVERY_MS = 10 * 60 * 1000;
const CHECKPOINT_EVERY_MS = 1_000;
const FLUSH_MS = 5_000;

/**
 * Keeps the projection topic at what the cache says: a record for each live channel that differs, a tombstone for what is over,
 * nothing for what is equal. In order for each channel, at least once, acknowledged by every replica in step.
 */
export const createPublisher = (options: PublisherOptions): Publisher => {
  const { kafka, log, cache, world, topics = TOPICS, partition, surveyEveryMs = SURVEY_EVERY_MS, onProblem } = options;
  const { partitions, replication, deleteRetentionMs, mayPublish = () => true } = options;
  checkConnection(kafka);
  const stopping = new AbortController();
  const { signal } = stopping;
  const agenda = createAgenda();
  const sender = fenced(createSender(kafka), mayPublish);
  const channels: ChannelTopic = { name: topics.channels, partitions: 0, held: new Map(), next: new Map() };
  const status: StatusTopic = { name: topics.status, held: new Map() };
  const counters = { snapshots: 0, tombstones: 0, tooLarge: 0 };
  const surveys = createTimer(world, surveyEveryMs, () => wake());
  const checkpoints = createTimer(world, CHECKPOINT_EVERY_MS, () => wake());
  let foreign: readonly string[] = [];
  let covered: number | undefined;
  let problem: RollcallError | undefined;
  let reconciling = askedFor();
  let wake = (): void => {};

  const tell = (error: unknown): void => {
    const before = problem;
    problem = error === undefined ? undefined : explain(error, { brokers: kafka.brokers, topic: topics.channels });
    if (before?.line !== problem?.line) onProblem?.(problem);
  };

  const trying = { world, signal, failed: tell };
  const deliver = createDeliver(sender, trying, {
    delivered: () => tell(undefined),
    tooLarge: (error) => {
      counters.tooLarge++;
      tell(error);
    },
  });

  /** Learns what the topics hold, and looks at every key that they or the list have. */
  const survey = async (): Promise<void> => {
    surveys.begin();
    const asked = reconciling;
    reconciling = askedFor();
    try {
      const found = await surveyTopics({ kafka, topics, partition, signal });
      for (const key of channels.held.keys()) agenda.markKey(key);
      Object.assign(channels, { partitions: found.partitions, held: found.channels, next: found.next });
      status.held = found.status;
      foreign = found.foreign;
    } catch (error) {
      reconciling.promise.then(asked.resolve, asked.reject);
      throw error;
    }
    for (const key of channels.held.keys()) agenda.markKey(key);
    for (const [stream] of cache.entries()) agenda.mark(stream);
    for (const { name } of cache.pbxs()) agenda.markPbx(name);
    // Of several publishers each knows its own PBXs only.
    if (partition === undefined) for (const name of pbxNames(status.held.keys())) agenda.markPbx(name);
    agenda.published().then(asked.resolve, asked.reject);
  };

  const publishMarked = async (): Promise<void> => {
    const round = agenda.take();
    const position = cache.checkpoint;
    const due = checkpoints.isDue && position !== covered;
    try {
      await publishRound(round, { topic: channels, cache, agenda, deliver, log, world, counters });
      const checkpoint = { position, next: channels.next };
      const written = { log, time: world.clock.now() };
      await publishStatus(round.pbxs, due ? checkpoint : undefined, {
        topic: status,
        cache,
        deliver,
        written,
        partition,
      });
    } catch (error) {
      agenda.putBack(round);
      throw error;
    }
    if (due) {
      covered = position;
      checkpoints.begin();
    }
    tell(undefined);
    round.done.resolve();
  };

  const hasWork = (): boolean =>
    !agenda.isEmpty || surveys.isDue || (checkpoints.isDue && cache.checkpoint !== covered) || signal.aborted;

  const work = async (): Promise<void> => {
    await ensureTopics(kafka, topics, {
      partitions: partitions ?? NEW_PARTITIONS,
      exactly: partitions !== undefined,
      ...(replication && { replication }),
      ...(deleteRetentionMs && { deleteRetentionMs }),
    });
    await survey();
    for (;;) {
      await publishMarked();
      if (!hasWork()) await new Promise<void>((resolve) => (wake = resolve));
      signal.throwIfAborted();
      if (surveys.isDue) await survey();
    }
  };

  const running = keepTrying(work, trying);

  const close = async (): Promise<void> => {
    if (!problem && mayPublish()) {
      checkpoints.now();
      await Promise.race([agenda.published(), world.scheduler.sleep(FLUSH_MS)]);
    }
    stopping.abort(closed());
    surveys.end();
    checkpoints.end();
    wake();
    await running;
    await sender.drop();
    agenda.take().done.reject(closed());
    reconciling.reject(closed());
  };
  let closing: Promise<void> | undefined;

  return {
    publish: (changes) => {
      agenda.markChanges(changes);
      const published = agenda.published();
      if (signal.aborted) agenda.take().done.reject(closed());
      wake();
      return published;
    },
    reconcile: async () => {
      const before = { ...counters };
      const asked = reconciling.promise;
      surveys.now();
      await asked;
      return {
        snapshots: counters.snapshots - before.snapshots,
        tombstones: counters.tombstones - before.tombstones,
      };
    },
    state: () => ({ queued: agenda.size, held: channels.held.size, position: covered, problem, foreign, ...counters }),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

const closed = () =>
  new RollcallError('PUBLISHER_CLOSED', 'The publisher is closed.', 'The next start publishes what is left.');

const fenced = (sender: Sender, mayPublish: () => boolean): Sender => ({
  ...sender,
  send: async (batch) => {
    if (mayPublish()) return sender.send(batch);
    throw new RollcallError(
      'PUBLISHER_FENCED',
      'Nothing is published: Kafka has not heard of this process for so long that another one may do it.',
      'Check the brokers and the connection to them; Rollcall goes on by itself when it is in its group again.',
    );
  },
});

/** Whether or not anybody waits for it. */
const askedFor = (): PromiseWithResolvers<void> => {
  const asked = Promise.withResolvers<void>();
  asked.promise.catch(() => {});
  return asked;
};

const pbxNames = (keys: Iterable<string>): string[] =>
  [...keys].filter((key) => key.startsWith('pbx/')).map((key) => key.slice('pbx/'.length));
