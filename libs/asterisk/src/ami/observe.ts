import type { ChannelFacts, ChannelObservation } from '@rollcall/channel';
import { channelFacts, put } from './facts.ts';
import { type AmiMessage, slotOf } from './message.ts';
import { unescapeC } from './unescape.ts';
import { wantedName } from './varset.ts';

const APPLICATION = slotOf('Application');
const APP_DATA = slotOf('AppData');
const BRIDGE = slotOf('BridgeUniqueid');
const CALLING_PRES = slotOf('CID-CallingPres');
const CAUSE = slotOf('Cause');
const CAUSE_TEXT = slotOf('Cause-txt');
const MUSIC_CLASS = slotOf('MusicClass');
const NEW_NAME = slotOf('Newname');
const TECH_CAUSE = slotOf('TechCause');
const TIMESTAMP = slotOf('Timestamp');
const UNIQUEID = slotOf('Uniqueid');
const VALUE = slotOf('Value');
const VARIABLE = slotOf('Variable');

type Common = { uniqueid: string; facts: ChannelFacts; source: 'ami'; time?: number; proves: boolean };

/**
 * The events that say something of the channel list (Asterisk 16 to 23). Of all others AMI sends, none changes a channel
 * without one of these.
 */
export const CHANNEL_EVENTS = [
  'Newchannel',
  'Newstate',
  'Newexten',
  'NewCallerid',
  'NewConnectedLine',
  'NewAccountCode',
  'Hangup',
  'HangupRequest',
  'SoftHangupRequest',
  'Rename',
  'Hold',
  'Unhold',
  'BridgeEnter',
  'BridgeLeave',
  'VarSet',
] as const;

export type ChannelEventName = (typeof CHANNEL_EVENTS)[number];

/**
 * What an event means; undefined when it lacks what it cannot do without, or is about no channel or an unwanted variable.
 * `variables`: the names of the channel variables that are wanted.
 */
export const observeEvent = (
  event: ChannelEventName,
  message: AmiMessage,
  variables: ReadonlySet<string>,
): ChannelObservation | undefined => {
  const uniqueid = message.text(UNIQUEID);
  // `none`: a global variable, or a channel that has no snapshot yet.
  if (uniqueid === undefined || uniqueid === '' || uniqueid === 'none') return undefined;
  const common: Common = { uniqueid, facts: {}, source: 'ami', proves: false };
  const time = message.milliseconds(TIMESTAMP);
  if (time !== undefined) common.time = time;
  if (event === 'Rename') return renamed(common, message);
  common.facts = channelFacts(message, variables);
  switch (event) {
    case 'Newchannel':
      return { kind: 'created', ...common };
    case 'Newstate':
      return { kind: 'changed', ...common, proves: true };
    case 'Newexten':
      put(common.facts, 'application', message.text(APPLICATION));
      put(common.facts, 'applicationData', message.text(APP_DATA));
      return { kind: 'changed', ...common, proves: true };
    case 'NewCallerid':
      put(common.facts, 'callerPresentation', unescaped(message.text(CALLING_PRES)));
      return { kind: 'changed', ...common };
    case 'NewConnectedLine':
    case 'NewAccountCode':
      return { kind: 'changed', ...common };
    case 'Hangup':
      return destroyed(common, message);
    case 'HangupRequest':
    case 'SoftHangupRequest':
      return hangupRequested(common, message);
    case 'Hold':
      return held(common, message);
    case 'Unhold':
      return { kind: 'unheld', ...common };
    case 'BridgeEnter':
      return inBridge('bridge-entered', { ...common, proves: true }, message);
    case 'BridgeLeave':
      return inBridge('bridge-left', common, message);
    case 'VarSet':
      return variableSet(common, message, variables);
  }
};

/** The one event without the channel's attributes: Channel, Newname, Uniqueid. */
const renamed = (common: Common, message: AmiMessage): ChannelObservation | undefined => {
  const name = message.text(NEW_NAME);
  return name ? { kind: 'changed', ...common, facts: { name } } : undefined;
};

const destroyed = (common: Common, message: AmiMessage): ChannelObservation => {
  const observation: ChannelObservation & { kind: 'destroyed' } = { kind: 'destroyed', ...common };
  const cause = message.integer(CAUSE);
  const causeText = message.text(CAUSE_TEXT);
  const techCause = message.text(TECH_CAUSE);
  if (cause !== undefined) observation.cause = cause;
  if (causeText !== undefined) observation.causeText = causeText;
  if (techCause !== undefined) observation.techCause = techCause;
  return observation;
};

const hangupRequested = (common: Common, message: AmiMessage): ChannelObservation => {
  const cause = message.integer(CAUSE);
  return cause === undefined ? { kind: 'hangup-requested', ...common } : { kind: 'hangup-requested', ...common, cause };
};

const held = (common: Common, message: AmiMessage): ChannelObservation => {
  const musicClass = message.text(MUSIC_CLASS);
  return musicClass === undefined ? { kind: 'held', ...common } : { kind: 'held', ...common, musicClass };
};

const inBridge = (
  kind: 'bridge-entered' | 'bridge-left',
  common: Common,
  message: AmiMessage,
): ChannelObservation | undefined => {
  const bridge = message.text(BRIDGE);
  return bridge ? { kind, ...common, bridge } : undefined;
};

const variableSet = (
  common: Common,
  message: AmiMessage,
  wanted: ReadonlySet<string>,
): ChannelObservation | undefined => {
  const variable = wantedName(message.text(VARIABLE) ?? '', wanted);
  const value = unescaped(message.text(VALUE));
  return variable === undefined || value === undefined ? undefined : { kind: 'variable', ...common, variable, value };
};

const unescaped = (text: string | undefined): string | undefined => (text === undefined ? undefined : unescapeC(text));
