import { afterEach, describe } from 'vitest';
import { appendContract } from './event-log.append.contract.ts';
import type { EventLogFactory } from './event-log.factory.ts';
import { placesContract } from './event-log.places.contract.ts';
import { eventLogProperty } from './event-log.property.ts';
import { readContract } from './event-log.read.contract.ts';
import { subscribeContract } from './event-log.subscribe.contract.ts';

export type { EventLogFactory } from './event-log.factory.ts';

/** Every promise of the port, for any adapter. */
export const eventLogContract = (name: string, factory: EventLogFactory): void => {
  describe(`event log contract: ${name}`, () => {
    afterEach(() => factory.cleanup());
    appendContract(factory);
    readContract(factory);
    subscribeContract(factory);
    placesContract(factory);
    eventLogProperty(factory);
  });
};
