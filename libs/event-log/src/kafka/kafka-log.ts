import { parseStream } from '@rollcall/channel';
import type { World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import type { KafkaConnection } from '@rollcall/kafka';
import { type DataDirLock, lockDataDir } from '../embedded/data-dir-lock.ts';
import type { EventLog } from '../event-log.ts';
import { partitioning } from './key.ts';
import { mirrorDir } from './mirror-file.ts';
import type { PartitionLog } from './partition-log.ts';
import { openPartitions } from './partitions.ts';
import { openPbxStreams } from './pbx-streams.ts';

export type KafkaLogOptions = KafkaConnection & {
  /** Default: rollcall.events. */
  topic?: string;
  /** Of the topic; once made, a log keeps them. Default: 1. */
  partitions?: number;
  /** Copies of each partition. Default: 3, or as many as there are brokers. */
  replication?: number;
  /** Where this process keeps what it has read, so that it need not read it again: `partition-N/events.db`. */
  dir: string;
  /** The directory's lock, where the caller holds it already. */
  lock?: DataDirLock;
  /** `read` appends nothing and makes no topic. Default: `write`. */
  mode?: 'write' | 'read';
  world: World;
  /** Told why the topic cannot be read just now, and with undefined that it can again. */
  problem?: (error: RollcallError | undefined) => void;
  /** Told, in one line, what is worth knowing and needs nobody. */
  warn?: (line: string) => void;
};

/**
 * A Kafka topic as an event log of as many orders as it has partitions. `partition` gives each of them as a log by itself, for
 * projections: all that ever happens to one channel id, and all that happens to its PBX, is in one of them. The rest is for
 * whoever goes by streams: streams of channels lie in one partition, that of a PBX in all.
 */
export type KafkaLog = Pick<EventLog, 'append' | 'readStream' | 'heads' | 'close'> & {
  readonly partitions: number;
  partition(number: number): EventLog;
};

/**
 * Connects, makes the topic or checks it, and reads what is new; resolves when everything that was there is known.
 * @throws RollcallError LOG_UNAVAILABLE, LOG_LOGIN_REFUSED, LOG_TLS, LOG_NOT_ALLOWED, LOG_TOPIC_WRONG, LOG_TRUNCATED, LOG_MISSING
 *   (mode `read`), LOG_FORMAT_UNKNOWN; of the directory, those of lockDataDir, LOG_FULL, LOG_IO, LOG_READ_ONLY
 */
export const openKafkaLog = async (options: KafkaLogOptions): Promise<KafkaLog> => {
  const { dir, world, mode = 'write', topic = 'rollcall.events', partitions = 1 } = options;
  const lock = options.lock ? undefined : lockDataDir(dir, world.clock);
  try {
    const opened = await openPartitions({ ...options, topic, partitions, mode });
    const { logs } = opened;
    const release = async (): Promise<void> => {
      await opened.close();
      lock?.release();
    };
    const pbxs = openPbxStreams(logs);
    if (mode === 'write') await pbxs.mend();
    return routed(logs, pbxs, partitions, release);
  } catch (error) {
    lock?.release();
    throw error;
  }
};

const routed = (
  logs: readonly PartitionLog[],
  pbxs: ReturnType<typeof openPbxStreams>,
  partitions: number,
  release: () => Promise<void>,
): KafkaLog => {
  const place = partitioning(partitions);
  const isOfPbx = (stream: string): boolean => parseStream(stream)?.uniqueid === undefined && stream.startsWith('pbx/');
  const logOf = (stream: string): PartitionLog => {
    const log = logs[isOfPbx(stream) || partitions === 1 ? 0 : place(stream)];
    if (!log) throw new Error(`no partition for ${stream}`);
    return log;
  };
  let closed: Promise<void> | undefined;
  return {
    partitions,
    partition: (number) => {
      const log = logs[number];
      if (!log) throw noPartition(number, partitions);
      return log;
    },
    append: async (stream, expected, events) => {
      if (isOfPbx(stream)) return pbxs.append(stream, expected, events);
      const log = logOf(stream);
      const pbx = parseStream(stream)?.pbx;
      if (pbx !== undefined) await pbxs.complete(`pbx/${pbx}`, log);
      return log.append(stream, expected, events);
    },
    readStream: (stream, from) => logOf(stream).readStream(stream, from),
    heads: async (streams) => {
      const byLog = Map.groupBy(streams, logOf);
      const found = await Promise.all([...byLog].map(([log, names]) => log.heads(names)));
      return new Map(found.flatMap((heads) => [...heads]));
    },
    close: () => {
      closed ??= release();
      return closed;
    },
  };
};

/**
 * One partition of a log, to read: nothing is read of the others, and nothing made. The directory may be shared with whoever opens
 * other partitions.
 * @throws RollcallError as openKafkaLog does, and LOG_NO_PARTITION
 */
export const openKafkaPartition = async (
  options: Omit<KafkaLogOptions, 'lock' | 'mode' | 'replication' | 'partitions'> & {
    partition: number;
    partitions: number;
  },
): Promise<EventLog> => {
  const { dir, world, topic = 'rollcall.events', partition, partitions } = options;
  if (partition >= partitions) throw noPartition(partition, partitions);
  const lock = lockDataDir(mirrorDir({ dir, partition }), world.clock);
  try {
    const { logs, close } = await openPartitions({ ...options, topic, mode: 'read', only: [partition] });
    const [log] = logs;
    if (!log) throw noPartition(partition, partitions);
    let closed: Promise<void> | undefined;
    return {
      ...log,
      close: () => {
        closed ??= close().finally(lock.release);
        return closed;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};

const noPartition = (number: number, partitions: number): RollcallError =>
  new RollcallError(
    'LOG_NO_PARTITION',
    `There is no partition ${number}: the log has ${partitions}, from 0.`,
    'This is a mistake in the program that asks.',
  );
