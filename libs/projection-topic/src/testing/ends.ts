import { systemWorld } from '@rollcall/clock';
import { onTestFinished } from 'vitest';
import type { Kafka } from '../../../../test/brokers/kafka.ts';
import { createPublisher, type Publisher, type PublisherOptions } from '../publisher.ts';
import type { TopicNames } from '../topic.ts';
import { type ChannelView, type ChannelViewOptions, openChannelView } from '../view.ts';
import type { List } from './a-list.ts';

export type TestPublisher = Publisher & { problems: string[] };

/** A publisher of a list, closed when the test is over. */
export const publisherOf = (
  kafka: Kafka,
  topics: TopicNames,
  list: List,
  options: Partial<PublisherOptions> = {},
): TestPublisher => {
  const problems: string[] = [];
  const publisher = createPublisher({
    kafka: { brokers: kafka.bootstrap },
    log: 'log-1',
    cache: list.cache,
    world: systemWorld,
    topics,
    partitions: 3,
    onProblem: (problem) => problems.push(problem?.line ?? 'well again'),
    ...options,
  });
  onTestFinished(() => publisher.close());
  return Object.assign(publisher, { problems });
};

export type TestView = ChannelView & { problems: string[]; warnings: string[]; told: string[] };

/** A view that notes what it tells, closed when the test is over. */
export const viewOf = (kafka: Kafka, topics: TopicNames, options: Partial<ChannelViewOptions> = {}): TestView => {
  const problems: string[] = [];
  const warnings: string[] = [];
  const told: string[] = [];
  const view = openChannelView({
    brokers: kafka.bootstrap,
    topics,
    onProblem: (problem) => problems.push(problem?.line ?? 'well again'),
    onWarning: (warning) => warnings.push(warning.line),
    ...options,
  });
  onTestFinished(() => view.close());
  view.on('created', ({ uniqueid }) => told.push(`created ${uniqueid}`));
  view.on('changed', ({ uniqueid, revision }) => told.push(`changed ${uniqueid} to ${revision}`));
  view.on('destroyed', ({ uniqueid, revision }) => told.push(`destroyed ${uniqueid} at ${revision}`));
  view.on('pbx', (name, pbx) => told.push(`${name} ${pbx ? (pbx.connected ? 'connected' : 'lost') : 'forgotten'}`));
  return Object.assign(view, { problems, warnings, told });
};
