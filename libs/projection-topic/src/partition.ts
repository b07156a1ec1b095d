import kafkajs, { type PartitionMetadata } from 'kafkajs';

/** A channel's key: all boots of its uniqueid share it, so that what a dead boot left and what comes after stand in one order. */
export const channelKey = (pbx: string, uniqueid: string): string => `${pbx}/${uniqueid}`;

/** PBX names hold no slash; uniqueids may. */
export const parseKey = (key: string): { pbx: string; uniqueid: string } | undefined => {
  const slash = key.indexOf('/');
  if (slash < 1 || slash === key.length - 1) return undefined;
  return { pbx: key.slice(0, slash), uniqueid: key.slice(slash + 1) };
};

/** The partition that Kafka's own clients choose for a key (murmur2), among `partitions` of them. */
export const partitioning = (partitions: number): ((key: string) => number) => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId): PartitionMetadata => {
    return { partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };
  });
  return (key) => partitioner({ topic: '', partitionMetadata, message: { key, value: null } });
};
