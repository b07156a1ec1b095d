import { changes } from './changes.ts';
import type { Channel, ChannelFacts } from './channel.ts';
import type { ChannelEvent } from './events.ts';
import type { ChannelObservation } from './observation.ts';

/** What the writer knows of a stream. `claimed`: a closed id whose creation was reported again and is not yet believed. */
export type StreamState =
  | { is: 'unseen' }
  | { is: 'live'; channel: Channel }
  | { is: 'closed'; reason: 'hangup' | 'reconciled' | 'pbx-restarted'; claimed: boolean };

/**
 * - `applied`: the events say what changed
 * - `unchanged`: true, and known already
 * - `late`: about a channel that is over; it proves nothing and is dropped
 * - `suspect`: contradicts what is known; counts only once the PBX has been asked, or (in a recording) once proof follows
 * - `unknown`: about a channel never seen, without proof that it exists
 * - `duplicate`: the end of a channel that is over
 */
export type Outcome = 'applied' | 'unchanged' | 'late' | 'suspect' | 'unknown' | 'duplicate';

export type Decision = { outcome: Outcome; events: ChannelEvent[] };

export type DecideOptions = {
  /** False for a recording: the PBX that spoke cannot be asked about a suspect. */
  canAsk: boolean;
};

/** What one observation means for its channel. Pure; the heart of promise 1: terminal is terminal. */
export const decide = (state: StreamState, observation: ChannelObservation, options: DecideOptions): Decision => {
  switch (state.is) {
    case 'unseen':
      return decideUnseen(observation);
    case 'closed':
      return decideClosed(state, observation, options);
    case 'live':
      return decideLive(state.channel, observation, options);
  }
};

const decideUnseen = (observation: ChannelObservation): Decision => {
  if (observation.kind === 'created') return born(observation, 'created');
  return observation.proves ? born(observation, 'found') : nothing('unknown');
};

/**
 * Asterisk (16 to 23) sends NewCallerid, NewAccountCode and NewConnectedLine after Hangup, and in the state of its issue
 * 783 a Newchannel instead of Hangup; assigned uniqueids may also be used again, rightly.
 */
const decideClosed = (
  state: StreamState & { is: 'closed' },
  observation: ChannelObservation,
  { canAsk }: DecideOptions,
): Decision => {
  if (observation.kind === 'destroyed') return nothing('duplicate');
  if (observation.kind === 'created') return nothing('suspect');
  if (!observation.proves) return nothing('late');
  if (canAsk) return nothing('suspect');
  return state.claimed || state.reason === 'reconciled' ? born(observation, 'found') : nothing('late');
};

const decideLive = (channel: Channel, observation: ChannelObservation, { canAsk }: DecideOptions): Decision => {
  switch (observation.kind) {
    case 'created':
      if (canAsk) return nothing('suspect');
      // Found in a list before its own Newchannel came through the queue: most likely the event is older than the list.
      if (channel.origin === 'found') return nothing('unchanged');
      // Either issue 783's farewell or a new use of the id: in both cases the channel that was is over.
      return { outcome: 'suspect', events: [ended('reconciled')] };
    case 'destroyed':
      return { outcome: 'applied', events: [destroyedAs(observation)] };
    default:
      return changed([...changes(channel, observation.facts), ...ownEvents(channel, observation)]);
  }
};

/** What an observation says beyond the channel's attributes. */
const ownEvents = (channel: Channel | undefined, observation: ChannelObservation): ChannelEvent[] => {
  switch (observation.kind) {
    case 'bridge-entered':
      return channel?.bridge === observation.bridge
        ? []
        : [{ type: 'BridgeEntered', data: { bridge: observation.bridge } }];
    case 'bridge-left':
      // A channel that was moved has entered the next bridge before it left this one: only its own bridge counts.
      return channel?.bridge === observation.bridge
        ? [{ type: 'BridgeLeft', data: { bridge: observation.bridge } }]
        : [];
    case 'held':
      return channel?.held ? [] : [{ type: 'ChannelHeld', data: { musicClass: observation.musicClass } }];
    case 'unheld':
      return channel?.held ? [{ type: 'ChannelUnheld', data: {} }] : [];
    case 'variable':
      return channel?.variables?.[observation.variable] === observation.value
        ? []
        : [{ type: 'VariableSet', data: { variable: observation.variable, value: observation.value } }];
    case 'hangup-requested':
      return channel?.hangupRequested && channel.hangupCause === observation.cause
        ? []
        : [{ type: 'HangupRequested', data: { cause: observation.cause } }];
    default:
      return [];
  }
};

const born = (observation: ChannelObservation, origin: Channel['origin']): Decision => {
  const facts: ChannelFacts = { ...observation.facts };
  if (origin === 'created') facts.created ??= observation.time;
  return {
    outcome: 'applied',
    events: [
      { type: 'ChannelCreated', data: { ...facts, name: facts.name ?? observation.uniqueid, origin } },
      ...ownEvents(undefined, observation),
    ],
  };
};

const destroyedAs = (observation: ChannelObservation & { kind: 'destroyed' }): ChannelEvent => ({
  type: 'ChannelDestroyed',
  data: {
    reason: 'hangup',
    cause: observation.cause,
    causeText: observation.causeText,
    techCause: observation.techCause,
  },
});

const ended = (reason: 'reconciled' | 'pbx-restarted'): ChannelEvent => ({
  type: 'ChannelDestroyed',
  data: { reason },
});

const changed = (events: ChannelEvent[]): Decision => ({ outcome: events.length ? 'applied' : 'unchanged', events });
const nothing = (outcome: Outcome): Decision => ({ outcome, events: [] });
