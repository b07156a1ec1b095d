// What the package for downstream services has: npm run pack -w libs/projection-topic
export { isRollcallError, RollcallError } from '@rollcall/errors';
export type { KafkaConnection } from '@rollcall/kafka';
export type { ViewEvents } from './listeners.ts';
export { channelKey, parseKey } from './partition.ts';
export {
  type ChannelSnapshot,
  type Checkpoint,
  channelSchema,
  checkpointSchema,
  type PbxSnapshot,
  pbxSchema,
} from './snapshot.ts';
export { TOPICS, type TopicNames } from './topic.ts';
export { supersedes, type Version } from './version.ts';
export { type ChannelView, type ChannelViewOptions, openChannelView } from './view.ts';
