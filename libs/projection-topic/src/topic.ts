/** Where things are published. */
export type TopicNames = {
  /** Exactly the live channels, one record for each. Default: `rollcall.channels`. */
  channels: string;
  /** The PBXs, by which a reader knows what is stale, and how far the channel topic is complete. Default: `rollcall.status`. */
  status: string;
};

export const TOPICS: TopicNames = { channels: 'rollcall.channels', status: 'rollcall.status' };

/** What a setting of a topic must be, and why. `value`: what a new topic gets. */
export type TopicSetting = { name: string; value: string; is: (found: string) => boolean; why: string };

/** How long a tombstone can still be read, in milliseconds: one day, as Kafka has it. */
const DELETE_RETENTION_MS = 24 * 60 * 60 * 1000;
/** Less than that, in milliseconds, Rollcall does not publish to. */
export const LEAST_RETENTION_MS = 60 * 60 * 1000;

/** The smallest batch that a topic has to take, in bytes. */
export const BATCH_BYTES = 512 * 1024;

/** What has to be so, or a reader would see what is not, or not see what is. */
export const requiredSettings = (replicas: number, deleteRetentionMs = DELETE_RETENTION_MS): TopicSetting[] => {
  const inStep = replicas >= 3 ? 2 : 1;
  return [
    {
      name: 'cleanup.policy',
      value: 'compact',
      is: (found) => found === 'compact',
      why: 'with anything else live channels are deleted by age, or what is over is kept for ever',
    },
    {
      name: 'delete.retention.ms',
      value: String(deleteRetentionMs),
      is: (found) => Number(found) >= LEAST_RETENTION_MS,
      why: 'who reads the topic from its beginning for longer than that would miss tombstones',
    },
    {
      name: 'min.insync.replicas',
      value: String(inStep),
      is: (found) => Number(found) >= inStep,
      why: 'a record that only one broker has is lost with it',
    },
    {
      name: 'unclean.leader.election.enable',
      value: 'false',
      is: (found) => found === 'false',
      why: 'a replica without the newest records could lead, and they would be lost',
    },
    {
      name: 'compression.type',
      value: 'producer',
      is: (found) => /^(producer|uncompressed|gzip)$/.test(found),
      why: 'kafkajs reads no other compression than gzip',
    },
    {
      name: 'max.message.bytes',
      value: '1048588',
      is: (found) => Number(found) >= BATCH_BYTES,
      why: 'records are sent in batches of up to that size',
    },
  ];
};

/**
 * What a new topic gets besides: by Kafka's own settings it would be compacted after a gigabyte or a week at the earliest, and a
 * reader would have to go through all that.
 */
export const COMPACTION_SETTINGS = [
  { name: 'min.cleanable.dirty.ratio', value: '0.1' },
  { name: 'segment.bytes', value: String(32 * 1024 * 1024) },
  { name: 'segment.ms', value: String(60 * 60 * 1000) },
];
