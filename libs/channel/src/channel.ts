import type { Position, Revision } from './place.ts';

/**
 * What a report of the PBX says of a channel. A field that is absent was not said; `null` is Asterisk's `<unknown>`
 * (AMI prints it for a caller or connected line without a value, ARI prints an empty text); `''` is an empty value.
 */
export type ChannelFacts = {
  name?: string;
  linkedid?: string;
  /** Asterisk's channel state number, 0 (Down) to 10; see STATE_TEXTS. */
  state?: number;
  callerNumber?: string | null;
  callerName?: string | null;
  /** Presentation as Asterisk names it, such as `0 (Presentation Allowed, Not Screened)`. */
  callerPresentation?: string;
  callerRdnis?: string;
  connectedNumber?: string | null;
  connectedName?: string | null;
  language?: string;
  accountCode?: string;
  context?: string;
  exten?: string;
  priority?: number;
  application?: string;
  applicationData?: string;
  /** Bridge unique id; `''` when the channel is in none. */
  bridge?: string;
  /** Milliseconds since 1970. ARI says it; from AMI it is the time of Newchannel, or list time minus duration. */
  created?: number;
  tenantid?: string;
  protocolid?: string;
  variables?: Record<string, string>;
};

/** A live channel: being in a cache or a list is what makes it live. */
export type Channel = { [Fact in keyof Required<ChannelFacts>]: ChannelFacts[Fact] | undefined } & {
  pbx: string;
  boot: number;
  uniqueid: string;
  name: string;
  /** Place of the last applied event in the channel's stream, from 0. */
  revision: Revision;
  /** Place of the last applied event in the whole log. */
  position: Position;
  held: boolean | undefined;
  musicClass: string | undefined;
  hangupRequested: boolean | undefined;
  /** Q.850 cause named by the pending hangup request. */
  hangupCause: number | undefined;
  /** How the channel came to be known: from its own creation event, or found in a list or a later event. */
  origin: 'created' | 'found';
};

/** A channel as it is written down: what is undefined is left out. */
export type ChannelFields = ChannelFacts &
  Pick<Channel, 'pbx' | 'boot' | 'uniqueid' | 'name' | 'revision' | 'position' | 'origin'> &
  Partial<Pick<Channel, 'held' | 'musicClass' | 'hangupRequested' | 'hangupCause'>>;

/** Every channel object has the same fields in the same order: the cache stays compact and its bytes comparable. */
export const shapeChannel = (fields: ChannelFields): Channel => ({
  pbx: fields.pbx,
  boot: fields.boot,
  uniqueid: fields.uniqueid,
  revision: fields.revision,
  position: fields.position,
  origin: fields.origin,
  name: fields.name,
  linkedid: fields.linkedid,
  state: fields.state,
  callerNumber: fields.callerNumber,
  callerName: fields.callerName,
  callerPresentation: fields.callerPresentation,
  callerRdnis: fields.callerRdnis,
  connectedNumber: fields.connectedNumber,
  connectedName: fields.connectedName,
  language: fields.language,
  accountCode: fields.accountCode,
  context: fields.context,
  exten: fields.exten,
  priority: fields.priority,
  application: fields.application,
  applicationData: fields.applicationData,
  bridge: fields.bridge,
  created: fields.created,
  tenantid: fields.tenantid,
  protocolid: fields.protocolid,
  variables: fields.variables,
  held: fields.held,
  musicClass: fields.musicClass,
  hangupRequested: fields.hangupRequested,
  hangupCause: fields.hangupCause,
});

/** Texts as Asterisk prints them in AMI, CLI and ARI (main/channel.c, 16 to 23), by state number. */
export const STATE_TEXTS = [
  'Down',
  'Rsrvd',
  'OffHook',
  'Dialing',
  'Ring',
  'Ringing',
  'Up',
  'Busy',
  'Dialing Offhook',
  'Pre-ring',
  'Mute',
] as const;

/** The text of a state number; a number that Asterisk does not define reads `Unknown (n)`, as Asterisk prints it. */
export const stateText = (state: number | undefined): string =>
  state === undefined ? 'Unknown' : (STATE_TEXTS[state] ?? `Unknown (${state})`);

const NUMBERS = new Map<string, number>(STATE_TEXTS.map((text, number) => [text, number]));

/** ARI gives the state's text only. Undefined for a text that no version of Asterisk prints. */
export const stateNumber = (text: string): number | undefined => NUMBERS.get(text);
