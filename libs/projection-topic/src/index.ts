export { createPublisher, type Publisher, type PublisherOptions, type PublisherState } from './publisher.ts';
export { TOPICS, type TopicNames } from './topic.ts';
export { type ChannelView, type ChannelViewOptions, openChannelView } from './view.ts';
