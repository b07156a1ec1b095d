import type { Channel, ChannelEvent, RecordedEvent } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import type { BridgeMembers } from '../bridge-members.ts';
import { isOfRdnis, PRESENTATION_UNKNOWN, withPresentations } from '../caller-presentation.ts';
import { secondsText } from './actions.ts';
import { block, type Line } from './block.ts';
import { escapeC } from './escape.ts';
import type { EventClass } from './event-mask.ts';
import { snapshot, UNKNOWN } from './snapshot.ts';

export type AmiEvent = { name: string; eventClass: EventClass; pbx: string; text: string };

/**
 * What Asterisk's AMI says when this happens to its channels (22): the same events, with the same headers in the same order. A channel that
 * was found in a list begins with Newchannel too, so that whoever keeps a list of his own has it.
 * @param members of the bridges, as everything before has left them
 */
export const amiEvents = (batch: readonly Told[], members: BridgeMembers): AmiEvent[] => {
  const told = withPresentations(batch);
  const after = settled(told);
  return told.flatMap((one, index) => {
    members.hear(one);
    return eventsOf(one, after[index], members);
  });
};

/**
 * Several events may come of one report of the PBX, whose headers have all of it in each of Asterisk's events. They are told by their
 * time, and by their order, which is always this one.
 */
const ORDER = ['ChannelStateChanged', 'DialplanMoved', 'CallerIdChanged', 'AccountCodeChanged', 'ConnectedLineChanged'];
const RANKS = new Map<string, number>([...ORDER, 'ChannelDetailsChanged'].map((type, rank) => [type, rank]));

const settled = (told: readonly Told[]): (Channel | undefined)[] => {
  const after = told.map((one) => one.after);
  for (let index = told.length - 2; index >= 0; index--) {
    const [one, next] = [told[index]?.event, told[index + 1]?.event];
    if (!one || !next || !isOfOneReport(one, next)) continue;
    const callerPresentation = after[index]?.callerPresentation;
    const all = after[index + 1];
    after[index] = all && callerPresentation !== undefined ? { ...all, callerPresentation } : all;
  }
  return after;
};

const isOfOneReport = (one: RecordedEvent, next: RecordedEvent): boolean =>
  one.stream === next.stream &&
  one.time === next.time &&
  (RANKS.get(one.type) ?? Number.POSITIVE_INFINITY) < (RANKS.get(next.type) ?? -1);

const eventsOf = ({ event, before }: Told, after: Channel | undefined, members: BridgeMembers): AmiEvent[] => {
  const channel = after ?? before;
  if (!channel || event.type === 'Unreadable') return [];
  const tell = (name: string, eventClass: EventClass, headers: readonly Line[]): AmiEvent => ({
    name,
    eventClass,
    pbx: event.pbx,
    text: block([
      ['Event', name],
      ['Privilege', `${eventClass},all`],
      ['Timestamp', secondsText(event.time)],
      ['SystemName', event.pbx],
      ...headers,
    ]),
  });
  const about = (name: string, more: readonly Line[] = [], eventClass: EventClass = 'call'): AmiEvent =>
    tell(name, eventClass, [...snapshot(channel), ...more]);
  const bridged = (name: string, bridge: string): AmiEvent =>
    tell(name, 'call', [...bridgeLines(bridge, members.count(channel.pbx, bridge)), ...snapshot(channel)]);

  switch (event.type) {
    case 'ChannelCreated': {
      const events = [about('Newchannel')];
      if (channel.application) events.push(about('Newexten', location(channel), 'dialplan'));
      if (channel.bridge) events.push(bridged('BridgeEnter', channel.bridge));
      return events;
    }
    case 'ChannelRenamed':
      return [
        tell('Rename', 'call', [
          ['Channel', before?.name ?? ''],
          ['Newname', event.data.name],
          ['Uniqueid', channel.uniqueid],
        ]),
      ];
    case 'ChannelStateChanged':
      return [about('Newstate')];
    case 'DialplanMoved':
      // As in Asterisk: nothing is told while no application runs.
      return channel.application ? [about('Newexten', location(channel), 'dialplan')] : [];
    case 'CallerIdChanged':
      if (isOfRdnis(event.data)) return [];
      return [about('NewCallerid', [['CID-CallingPres', channel.callerPresentation || PRESENTATION_UNKNOWN]])];
    case 'AccountCodeChanged':
      return [about('NewAccountCode', [['OldAccountCode', before?.accountCode ?? '']])];
    case 'ConnectedLineChanged':
      return [about('NewConnectedLine')];
    case 'BridgeEntered':
      return [bridged('BridgeEnter', event.data.bridge)];
    case 'BridgeLeft':
      return [bridged('BridgeLeave', event.data.bridge)];
    case 'ChannelHeld':
      return [about('Hold', event.data.musicClass === undefined ? [] : [['MusicClass', event.data.musicClass]])];
    case 'ChannelUnheld':
      return [about('Unhold')];
    case 'VariableSet': {
      const { variable, value } = event.data;
      const lines: Line[] = [
        ['Variable', variable],
        ['Value', escapeC(value)],
      ];
      return [about('VarSet', lines, 'dialplan')];
    }
    case 'HangupRequested':
      return [about('HangupRequest', event.data.cause === undefined ? [] : [['Cause', event.data.cause]])];
    case 'ChannelDestroyed':
      return [about('Hangup', causeOf(event.data))];
    default:
      return [];
  }
};

const location = ({ exten, application, applicationData }: Channel): Line[] => [
  ['Extension', exten ?? ''],
  ['Application', application ?? ''],
  ['AppData', applicationData ?? ''],
];

/** Of a channel that a list no longer has, or whose PBX was started again, nobody has said why it ended: Asterisk's cause 0. */
const causeOf = (data: Extract<ChannelEvent, { type: 'ChannelDestroyed' }>['data']): Line[] => [
  ['Cause', data.cause ?? 0],
  ['Cause-txt', data.causeText ?? 'Unknown'],
  ...(data.techCause === undefined ? [] : [['TechCause', data.techCause] as const]),
];

/** Of a bridge the feed tells its id and who is in it. */
const bridgeLines = (bridge: string, channels: number): Line[] => [
  ['BridgeUniqueid', bridge],
  ['BridgeType', ''],
  ['BridgeTechnology', ''],
  ['BridgeCreator', UNKNOWN],
  ['BridgeName', UNKNOWN],
  ['BridgeNumChannels', channels],
  ['BridgeVideoSourceMode', ''],
];
