/** What a setting of the topic must be, and why: without it acknowledged events could be lost, or places could not be told. */
export type TopicSetting = {
  name: string;
  /** What a new topic gets. */
  value: string;
  is: (value: string) => boolean;
  why: string;
};

/** The smallest batch that the topic has to take, in bytes: what one append of ours may have. */
const BATCH_BYTES = 1_000_000;
const NEW_BATCH_BYTES = 8 * 1024 * 1024;

export const topicSettings = (replicas: number): TopicSetting[] => {
  const inStep = replicas >= 3 ? 2 : 1;
  const exactly = (name: string, value: string, why: string): TopicSetting => {
    return { name, value, is: (found) => found === value, why };
  };
  return [
    exactly('cleanup.policy', 'delete', 'compaction would drop all events of a channel but the last'),
    exactly('retention.ms', '-1', 'what is live could not be told from the rest of the log'),
    exactly('retention.bytes', '-1', 'what is live could not be told from the rest of the log'),
    exactly(
      'message.timestamp.type',
      'LogAppendTime',
      'a moment is told by the time at which the broker took an event',
    ),
    exactly(
      'unclean.leader.election.enable',
      'false',
      'a replica without the newest events could lead, and they would be lost',
    ),
    {
      name: 'min.insync.replicas',
      value: String(inStep),
      is: (found) => Number(found) >= inStep,
      why: 'an event that only one broker has is lost with it',
    },
    {
      name: 'compression.type',
      value: 'producer',
      is: (found) => /^(producer|uncompressed|gzip)$/.test(found),
      why: 'Rollcall reads no other compression than gzip',
    },
    {
      name: 'max.message.bytes',
      value: String(NEW_BATCH_BYTES),
      is: (found) => Number(found) >= BATCH_BYTES,
      why: 'events that belong together are written together',
    },
  ];
};
