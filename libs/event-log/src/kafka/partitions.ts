import type { World } from '@rollcall/clock';
import { isRollcallError, type RollcallError } from '@rollcall/errors';
import { userOf } from '@rollcall/kafka';
import { follow } from './follow.ts';
import { kafkaError } from './kafka-errors.ts';
import { type Mirror, openMirror } from './mirror.ts';
import { beginAgain, type MirrorFile, type MirrorFileOptions, openMirrorFile } from './mirror-file.ts';
import { openPartitionLog, type PartitionLog } from './partition-log.ts';
import { encodeFirst } from './record.ts';
import { type Resuming, resuming } from './resume.ts';
import { missing, wrongPartitions } from './topic.ts';
import { openTopicAccess, type TopicAccess, type TopicAccessOptions } from './topic-access.ts';

export type PartitionsOptions = TopicAccessOptions & {
  /** Those that are read. Default: all. */
  only?: readonly number[];
  dir: string;
  world: World;
  problem?: (error: RollcallError | undefined) => void;
  warn?: (line: string) => void;
};

/** `logs`: in the order of `only`. */
export type Partitions = { logs: PartitionLog[]; close(): Promise<void> };

/** Opening gives up when so many tries in a row to read have failed: some five seconds. */
const TRIES = 5;

/** What one partition is read into, and what ends when it can be followed no longer. */
type Part = {
  number: number;
  label: string;
  file: MirrorFile;
  mirror: Mirror;
  resuming: Resuming;
  lost: AbortController;
};

/** Partitions, each with what was in it when this was called. */
export const openPartitions = async (options: PartitionsOptions): Promise<Partitions> => {
  const access = await openTopicAccess(options);
  const parts: Part[] = [];
  try {
    for (const number of options.only ?? Array(options.partitions).keys()) parts.push(openPart(options, number));
    return await followed(options, access, parts);
  } catch (error) {
    for (const { file } of parts) file.close();
    await access.close();
    if (!isRollcallError(error, 'LOG_DIVERGED')) throw error;
    for (const { number, lost } of parts) {
      if (lost.signal.reason === error) beginAgain(mirrorOptions(options, number), error.message).close();
    }
    return openPartitions(options);
  }
};

const mirrorOptions = ({ dir, topic, world, warn }: PartitionsOptions, partition: number): MirrorFileOptions => {
  return { dir, topic, partition, world, warn: warn ?? (() => {}) };
};

const openPart = (options: PartitionsOptions, number: number): Part => {
  const file = openMirrorFile(mirrorOptions(options, number));
  const label = `Kafka topic ${options.topic}, partition ${number}`;
  const mirror = openMirror(file);
  return { number, label, file, mirror, resuming: resuming(mirror, label), lost: new AbortController() };
};

const followed = async (options: PartitionsOptions, access: TopicAccess, parts: Part[]): Promise<Partitions> => {
  const { topic, world, problem } = options;
  const opening = new AbortController();
  let tries = 0;
  let told: RollcallError | undefined;
  const tell = (error: unknown): void => {
    const before = told;
    told = error === undefined ? undefined : kafkaError(error, { ...options, user: userOf(options) });
    tries = told ? tries + 1 : 0;
    if (told && tries >= TRIES) opening.abort(told);
    if (told?.message !== before?.message) problem?.(told);
  };
  const following = follow({
    cluster: access.cluster,
    topic,
    world,
    partitions: new Map(parts.map((part) => [part.number, part.resuming])),
    problem: tell,
    lost: (number, error) => {
      parts.find((part) => part.number === number)?.lost.abort(error);
      problem?.(error);
    },
  });
  try {
    await readAll(access, parts, opening.signal);
    for (const part of parts) await begun(options, access, part, opening.signal);
  } catch (error) {
    following.stop();
    throw error;
  }
  const logs = parts.map(({ number, label, mirror, lost }) =>
    openPartitionLog({
      label,
      mirror,
      mode: options.mode,
      scheduler: world.scheduler,
      lost: lost.signal,
      problem: () => told,
      produce: (messages) => access.produce(number, messages),
      end: async () => (await access.ends([number])).get(number) ?? 0,
    }),
  );
  return {
    logs,
    close: async () => {
      await Promise.all(logs.map((log) => log.close()));
      following.stop();
      for (const { file } of parts) file.close();
      await access.close();
    },
  };
};

/** Everything that is in the partitions now. */
const readAll = async (access: TopicAccess, parts: readonly Part[], opening: AbortSignal): Promise<void> => {
  const ends = await access.ends(parts.map(({ number }) => number));
  await Promise.all(parts.map((part) => readTo(part, ends.get(part.number) ?? 0, opening)));
};

const readTo = async ({ mirror, resuming, lost }: Part, end: number, opening: AbortSignal): Promise<void> => {
  if (end <= mirror.state.lastOffset) lost.abort(resuming.endsBefore(end));
  const given = AbortSignal.any([opening, lost.signal]);
  await mirror.reached(end, given);
  await Promise.race([resuming.resumed, aborted(given)]);
  given.throwIfAborted();
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** The log is begun in the partition: of several who try, the first does it. */
const begun = async (
  options: PartitionsOptions,
  access: TopicAccess,
  part: Part,
  opening: AbortSignal,
): Promise<void> => {
  const { topic, partitions, mode, world } = options;
  const { mirror, number } = part;
  if (mirror.state.partitions === 0) {
    if (mode === 'read') throw missing(topic);
    await readTo(part, await access.produce(number, [encodeFirst(world.random.uuid(), partitions)]), opening);
  }
  if (mirror.state.partitions !== partitions) throw wrongPartitions(topic, partitions, mirror.state.partitions);
};
