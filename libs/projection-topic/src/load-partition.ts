import { type Channel, channelStream, position, START, toChannel, toPbx } from '@rollcall/channel';
import type { KafkaConnection } from '@rollcall/kafka';
import type { Changes } from '@rollcall/state-cache';
import { readChannelRecord } from './read-record.ts';
import { readStatusRecord, type StatusRecord } from './read-status.ts';
import { readToEnd } from './read-to-end.ts';
import { createStatusTable } from './status-table.ts';
import { createTable } from './table.ts';
import { TOPICS, type TopicNames } from './topic.ts';
import { checkpointKey } from './write-status.ts';

/**
 * What one partition of the topic says, for a cache that takes the partition over: its live channels with their revisions, the PBXs, and
 * the position up to which everything is in them (START where nobody said one). What comes after it in the log may be in them
 * already: whoever reads on from there skips that by its revisions. Streams set aside are not on the topic: where there are some,
 * `setAside` says how many, and the log has to be asked.
 * Records of another log than `log` are left out.
 * @throws RollcallError TOPIC_MISSING; what kafkajs throws
 */
export const loadPartition = async (options: {
  kafka: KafkaConnection;
  topics?: TopicNames;
  partition: number;
  log: string;
  signal: AbortSignal;
}): Promise<Changes & { setAside: number }> => {
  const { kafka, topics = TOPICS, partition, log, signal } = options;
  const status = createStatusTable();
  // First, so that the channels are nowhere behind the checkpoint.
  await readToEnd({
    kafka,
    topic: topics.status,
    signal,
    take: ({ records }) => {
      for (const raw of records) {
        const record = readStatusRecord(raw);
        if (record.is !== 'pbx' && record.is !== 'checkpoint') continue;
        if (record.log === log && isFor(partition, record)) status.take(record);
      }
    },
  });
  const table = createTable();
  await readToEnd({
    kafka,
    topic: topics.channels,
    partitions: [partition],
    signal,
    take: ({ records }) => {
      for (const raw of records) {
        const record = readChannelRecord(raw);
        if ((record.is === 'snapshot' || record.is === 'tombstone') && record.version.log === log) table.take(record);
      }
    },
  });
  const puts = new Map([...table.list()].map(toChannel).map((channel) => [streamOf(channel), channel]));
  const found = status.checkpoints.get(checkpointKey(partition)) ?? status.checkpoints.get(checkpointKey());
  const checkpoint = found ? position(found.checkpoint.position) : START;
  const setAside = found?.checkpoint.setAside ?? 0;
  return { puts, removals: [], pbxs: [...status.pbxs()].map(toPbx), quarantine: new Map(), checkpoint, setAside };
};

const isFor = (partition: number, record: StatusRecord): boolean =>
  record.is !== 'pbx' || record.partition === partition || record.partition === undefined;

const streamOf = ({ pbx, boot, uniqueid }: Channel): string => channelStream(pbx, boot, uniqueid);
