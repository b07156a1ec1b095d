import { type Channel, type ChannelFields, shapeChannel } from './channel.ts';
import { isTerminal, namedType, type RecordedEvent } from './events.ts';
import { parseStream } from './stream.ts';

/**
 * The channel after one event of its stream; undefined once it is destroyed. Pure: nothing is changed in place.
 * The caller checks revisions; an event other than ChannelCreated leaves a channel that is not there not there. An event that
 * cannot be read changes nothing, but its name counts: after a creation there is a channel, after an end none. A stream's first
 * event is a creation, whatever a later version may call it.
 */
export const evolve = (channel: Channel | undefined, event: RecordedEvent): Channel | undefined => {
  if (event.type === 'ChannelCreated') return create(event, event.data);
  const named = namedType(event);
  if (isTerminal(named)) return undefined;
  if (named === 'ChannelCreated' || (event.type === 'Unreadable' && event.revision === 0)) {
    return create(event, { name: uniqueidOf(event), origin: 'found' });
  }
  if (channel === undefined) return undefined;
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

const uniqueidOf = (event: RecordedEvent): string => parseStream(event.stream)?.uniqueid ?? '';

const create = (event: RecordedEvent, facts: Pick<ChannelFields, 'name' | 'origin'>): Channel =>
  shapeChannel({
    ...facts,
    pbx: event.pbx,
    boot: event.boot,
    uniqueid: uniqueidOf(event),
    revision: event.revision,
    position: event.position,
  });
