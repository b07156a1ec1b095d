export type { KafkaConnection } from '@rollcall/kafka';
export { type At, explain } from './explain.ts';
export { loadPartition } from './load-partition.ts';
export { channelKey, parseKey, partitioning } from './partition.ts';
export { createPublisher, type Publisher, type PublisherOptions, type PublisherState } from './publisher.ts';
export type { ChannelSnapshot, Checkpoint, PbxSnapshot } from './snapshot.ts';
export { TOPICS, type TopicNames } from './topic.ts';
export { type ChannelView, type ChannelViewOptions, openChannelView } from './view.ts';
export { viewCache } from './view-cache.ts';
