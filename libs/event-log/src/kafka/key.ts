import { parseStream } from '@rollcall/channel';
import { Partitioners, type PartitionMetadata } from 'kafkajs';

/**
 * Key of a stream's records. All boots of a channel's id share it: what a dead boot left and what comes after it stand in
 * one order.
 */
export const keyOf = (stream: string): string => {
  const { pbx, uniqueid } = parseStream(stream) ?? {};
  return pbx !== undefined && uniqueid !== undefined ? `${pbx}/${uniqueid}` : stream;
};

/** The partition of a stream among `partitions`: the one that Kafka's own clients choose for its key. */
export const partitioning = (partitions: number): ((stream: string) => number) => {
  const partitioner = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId): PartitionMetadata => {
    return { partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] };
  });
  return (stream) => partitioner({ topic: '', message: { key: keyOf(stream), value: null }, partitionMetadata });
};
