import type { Observation } from '@rollcall/channel';
import { createAriObserver } from './observe.ts';

export type AriFeedCounters = {
  /** Events understood, whether or not they concern the channel list. */
  events: number;
  /** What could not be read, and was skipped. */
  malformed: number;
  lastMalformed: string | undefined;
};

export type AriFeedOptions = {
  variables: readonly string[];
  observe: (batch: Observation[]) => void;
  /** Asterisk gave the application to another socket: no further event comes. */
  replaced: () => void;
};

/** Reads what comes on the event socket, one event a message. */
export const createAriFeed = ({ variables, observe, replaced }: AriFeedOptions) => {
  const read = createAriObserver(variables);
  const counters: AriFeedCounters = { events: 0, malformed: 0, lastMalformed: undefined };
  const malformed = (why: string) => {
    counters.malformed += 1;
    counters.lastMalformed = why;
  };
  const message = (text: string): void => {
    let event: unknown;
    try {
      event = JSON.parse(text);
    } catch {
      malformed('not JSON');
      return;
    }
    const observed = read(event);
    if (observed.is === 'malformed') malformed(observed.why);
    else counters.events += 1;
    if (observed.is === 'observation') observe([observed.observation]);
    if (observed.is === 'other' && isReplaced(event)) replaced();
  };
  return { message, counters };
};

const isReplaced = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'type' in event && event.type === 'ApplicationReplaced';
