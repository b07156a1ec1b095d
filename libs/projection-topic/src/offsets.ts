import { RollcallError } from '@rollcall/errors';
import type { Cluster } from 'kafkajs';

/** The partitions that a topic has. @throws RollcallError TOPIC_MISSING; what kafkajs throws */
export const partitionsOf = async (cluster: Cluster, topic: string): Promise<number[]> => {
  await cluster.addTargetTopic(topic);
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
  if (partitions.length === 0) throw topicMissing(topic);
  return partitions.sort((a, b) => a - b);
};

/** By partition: the offset of its oldest record, or the one that its next record will have. */
export const offsetsOf = async (
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  which: 'oldest' | 'next',
): Promise<Map<number, number>> => {
  const wanted = partitions.map((partition) => ({ partition }));
  const found = await cluster.fetchTopicsOffset([{ topic, partitions: wanted, fromBeginning: which === 'oldest' }]);
  return new Map(found.flatMap((one) => one.partitions.map(({ partition, offset }) => [partition, Number(offset)])));
};

export const topicMissing = (topic: string): RollcallError =>
  new RollcallError(
    'TOPIC_MISSING',
    `There is no topic ${topic}.`,
    'Check its name in the settings, or start the Rollcall that publishes to it: that one makes it.',
  );
