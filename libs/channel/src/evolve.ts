import { type Channel, shapeChannel } from './channel.ts';
import type { RecordedEvent } from './events.ts';
import { parseStream } from './stream.ts';

/**
 * The channel after one event of its stream; undefined once it is destroyed. Pure: nothing is changed in place.
 * The caller checks revisions; an event other than ChannelCreated leaves a channel that is not there not there.
 */
export const evolve = (channel: Channel | undefined, event: RecordedEvent): Channel | undefined => {
  if (event.type === 'ChannelCreated') return create(event);
  if (event.type === 'ChannelDestroyed' || channel === undefined) return undefined;
  const next = { ...channel, revision: event.revision, position: event.position };
  switch (event.type) {
    case 'ChannelStateChanged':
    case 'ChannelRenamed':
    case 'CallerIdChanged':
    case 'ConnectedLineChanged':
    case 'DialplanMoved':
    case 'AccountCodeChanged':
    case 'ChannelDetailsChanged':
    case 'BridgeEntered':
      return Object.assign(next, event.data);
    case 'BridgeLeft':
      next.bridge = '';
      return next;
    case 'ChannelHeld':
      next.held = true;
      next.musicClass = event.data.musicClass ?? '';
      return next;
    case 'ChannelUnheld':
      next.held = false;
      next.musicClass = '';
      return next;
    case 'VariableSet':
      next.variables = { ...channel.variables, [event.data.variable]: event.data.value };
      return next;
    case 'HangupRequested':
      next.hangupRequested = true;
      if (event.data.cause !== undefined) next.hangupCause = event.data.cause;
      return next;
    default:
      return next;
  }
};

const create = (event: RecordedEvent & { type: 'ChannelCreated' }): Channel =>
  shapeChannel({
    ...event.data,
    pbx: event.pbx,
    boot: event.boot,
    uniqueid: parseStream(event.stream)?.uniqueid ?? '',
    revision: event.revision,
    position: event.position,
  });
