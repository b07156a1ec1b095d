import type { Channel } from '@rollcall/channel';
import { ariChannel, ariTime } from '@rollcall/listing';
import type { Told } from '@rollcall/projector';
import type { BridgeMembers } from '../bridge-members.ts';
import { isOfRdnis, PRESENTATION_UNKNOWN } from '../caller-presentation.ts';
import { bridgeModel } from './bridges.ts';
import type { EventName } from './event-models.ts';

/** One event for any number of applications. `text`: its JSON for one of them, to be asked for before the next event is heard. */
export type AriEvent = { pbx: string; text: (application: string, fleet: boolean) => string };

/**
 * What ARI says when that happened: nothing for what it has no event for (a changed name, account code, language). An event that lets a
 * stream go on tells everything that waited at once: whatever is different is said.
 */
export const ariEvents = (told: Told, members: BridgeMembers): AriEvent[] => {
  members.hear(told);
  const { event, before, after } = told;
  const channel = after ?? before;
  if (!channel) return [];
  return kinds(told).map((kind) => {
    const texts = new Map<boolean, string>();
    const write = (fleet: boolean): string => {
      const pbx = fleet ? { pbx: channel.pbx } : undefined;
      const of = { channel: { ...ariChannel(channel), ...pbx } };
      const said = { type: kind, timestamp: ariTime(event.time) };
      const all = { ...body(kind, told, said, of, members, fleet), asterisk_id: channel.pbx };
      return JSON.stringify(all).slice(0, -1);
    };
    return {
      pbx: channel.pbx,
      text: (application, fleet) => {
        const text = texts.get(fleet) ?? write(fleet);
        texts.set(fleet, text);
        return `${text},"application":${JSON.stringify(application)}}`;
      },
    };
  });
};

const KINDS: Readonly<Partial<Record<Told['event']['type'], EventName | 'nothing'>>> = {
  ChannelStateChanged: 'ChannelStateChange',
  DialplanMoved: 'ChannelDialplan',
  CallerIdChanged: 'ChannelCallerId',
  ConnectedLineChanged: 'ChannelConnectedLine',
  BridgeEntered: 'ChannelEnteredBridge',
  BridgeLeft: 'ChannelLeftBridge',
  ChannelHeld: 'ChannelHold',
  ChannelUnheld: 'ChannelUnhold',
  VariableSet: 'ChannelVarset',
  HangupRequested: 'ChannelHangupRequest',
  ChannelRenamed: 'nothing',
  AccountCodeChanged: 'nothing',
  ChannelDetailsChanged: 'nothing',
};

const kinds = ({ event, before, after }: Told): EventName[] => {
  if (!before) return ['ChannelCreated'];
  if (!after) return ['ChannelDestroyed'];
  if (event.type === 'CallerIdChanged' && isOfRdnis(event.data)) return [];
  const kind = KINDS[event.type];
  if (kind !== undefined) return kind === 'nothing' ? [] : [kind];
  const changed = (...facts: (keyof Channel)[]): boolean => facts.some((fact) => before[fact] !== after[fact]);
  const different: EventName[] = [];
  if (changed('state')) different.push('ChannelStateChange');
  if (changed('context', 'exten', 'priority', 'application', 'applicationData')) different.push('ChannelDialplan');
  if (changed('callerNumber', 'callerName', 'callerPresentation')) different.push('ChannelCallerId');
  if (changed('connectedNumber', 'connectedName')) different.push('ChannelConnectedLine');
  if (changed('bridge') && before.bridge) different.push('ChannelLeftBridge');
  if (changed('bridge') && after.bridge) different.push('ChannelEnteredBridge');
  if (changed('held')) different.push(after.held ? 'ChannelHold' : 'ChannelUnhold');
  return different;
};

const body = (
  kind: EventName,
  { event, before, after }: Told,
  said: { type: EventName; timestamp: string },
  of: { channel: object },
  members: BridgeMembers,
  fleet: boolean,
): object => {
  const bridged = (id: string | undefined): object => ({
    bridge: bridgeModel(id ?? '', members.of(event.pbx, id ?? ''), fleet ? event.pbx : undefined),
  });
  switch (kind) {
    case 'ChannelDestroyed':
      return { ...said, ...cause(event), ...of };
    case 'ChannelDialplan':
      return {
        ...said,
        dialplan_app: after?.application ?? '',
        dialplan_app_data: after?.applicationData ?? '',
        ...of,
      };
    case 'ChannelCallerId':
      return { ...said, ...presentation(after?.callerPresentation), ...of };
    case 'ChannelEnteredBridge':
      return { ...said, ...bridged(after?.bridge), ...of };
    case 'ChannelLeftBridge':
      return { ...said, ...bridged(event.type === 'BridgeLeft' ? event.data.bridge : before?.bridge), ...of };
    case 'ChannelHold':
      return { ...said, musicclass: after?.musicClass || 'N/A', ...of };
    case 'ChannelVarset':
      return event.type === 'VariableSet' ? { ...event.data, ...said, ...of } : { ...said, ...of };
    case 'ChannelHangupRequest':
      return event.type === 'HangupRequested' && event.data.cause !== undefined
        ? { cause: event.data.cause, ...said, ...of }
        : { ...said, ...of };
    default:
      return { ...said, ...of };
  }
};

/** Where the PBX never said why (it was killed, or the hangup was missed) it is what Asterisk says of no cause. */
const cause = (event: Told['event']): object => {
  const data = event.type === 'ChannelDestroyed' ? event.data : undefined;
  const tech = Number(data?.techCause);
  return {
    cause: data?.cause ?? 0,
    cause_txt: data?.causeText ?? 'Unknown',
    ...(data?.techCause !== undefined && Number.isInteger(tech) && { tech_cause: tech }),
  };
};

/** Kept as AMI prints it: `0 (Presentation Allowed, Not Screened)`. */
const presentation = (printed = PRESENTATION_UNKNOWN): object => {
  const [, number, text] = PRESENTATION.exec(printed) ?? PRESENTATION.exec(PRESENTATION_UNKNOWN) ?? [];
  return { caller_presentation: Number(number), caller_presentation_txt: text };
};

const PRESENTATION = /^(\d+) \((.*)\)$/;
