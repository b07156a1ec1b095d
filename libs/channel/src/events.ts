import { z } from 'zod';
import type { Position, Revision } from './place.ts';

/** Version of the event data written today. Older versions are brought up on read. */
export const SCHEMA_VERSION = 1;

const text = z.string();
const known = z.string().nullable();

const factsShape = {
  name: text,
  linkedid: text,
  state: z.int(),
  callerNumber: known,
  callerName: known,
  callerPresentation: text,
  callerRdnis: text,
  connectedNumber: known,
  connectedName: known,
  language: text,
  accountCode: text,
  context: text,
  exten: text,
  priority: z.int(),
  application: text,
  applicationData: text,
  bridge: text,
  created: z.number(),
  tenantid: text,
  protocolid: text,
  variables: z.record(z.string(), z.string()),
};

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), data: z.strictObject(shape) });

const facts = z.strictObject(factsShape).partial();

const channelEvents = [
  /** Data: everything known of the channel at that moment. `found`: it was there before it was first seen. */
  event('ChannelCreated', {
    ...facts.shape,
    name: text,
    origin: z.enum(['created', 'found']),
  }),
  event('ChannelStateChanged', { state: z.int() }),
  event('ChannelRenamed', { name: text }),
  event(
    'CallerIdChanged',
    facts.pick({ callerNumber: true, callerName: true, callerPresentation: true, callerRdnis: true }).shape,
  ),
  event('ConnectedLineChanged', facts.pick({ connectedNumber: true, connectedName: true }).shape),
  event(
    'DialplanMoved',
    facts.pick({ context: true, exten: true, priority: true, application: true, applicationData: true }).shape,
  ),
  event('AccountCodeChanged', { accountCode: text }),
  /** What Asterisk changes without an event of its own; it shows in whatever the channel reports next. */
  event(
    'ChannelDetailsChanged',
    facts.pick({ linkedid: true, language: true, created: true, tenantid: true, protocolid: true }).shape,
  ),
  event('BridgeEntered', { bridge: text }),
  event('BridgeLeft', { bridge: text }),
  event('ChannelHeld', { musicClass: text.optional() }),
  event('ChannelUnheld', {}),
  event('VariableSet', { variable: text, value: text }),
  event('HangupRequested', { cause: z.int().optional() }),
  event('ChannelDestroyed', {
    reason: z.enum(['hangup', 'reconciled', 'pbx-restarted']),
    /** Q.850 cause; absent unless the PBX said it. */
    cause: z.int().optional(),
    causeText: text.optional(),
    techCause: text.optional(),
  }),
] as const;

const pbxEvents = [
  event('PbxConnected', {
    source: z.enum(['ami', 'ari']),
    version: text.optional(),
    /** Opaque startup time of the boot, prefixed with the source that said it. */
    startup: text.optional(),
    /** A recording plays: nobody can be asked. */
    recording: z.boolean().optional(),
  }),
  event('PbxDisconnected', { reason: text }),
  event('PbxBooted', {
    boot: z.int(),
    evidence: z.enum(['first-seen', 'startup-time', 'uptime', 'uniqueid-counter']),
    startup: text.optional(),
  }),
  event('Reconciled', {
    listed: z.int(),
    created: z.int(),
    changed: z.int(),
    removed: z.int(),
  }),
] as const;

const eitherEvents = [
  /** An operator's word that an event which no handler could take is to be passed over; what waited behind it goes on. */
  event('EventSkipped', { revision: z.int().nonnegative(), reason: text.min(1).max(500) }),
] as const;

export const domainEventSchema = z.discriminatedUnion('type', [...channelEvents, ...pbxEvents, ...eitherEvents]);

export type DomainEvent = z.infer<typeof domainEventSchema>;
export type PbxEvent = Extract<DomainEvent, { type: 'PbxConnected' | 'PbxDisconnected' | 'PbxBooted' | 'Reconciled' }>;
export type ChannelEvent = Exclude<DomainEvent, PbxEvent>;

export type Source = 'ami' | 'ari' | 'reconcile' | 'operator';

export type NewEvent = DomainEvent & {
  /** UUID; a retry of the same append repeats it. */
  id: string;
  /** Milliseconds since 1970: the PBX's time where it gives one, else when the report was received. */
  time: number;
  pbx: string;
  boot: number;
  source: Source;
  schema: number;
};

/**
 * What stands in the log where an event should be that this version cannot read: of a schema it does not know, or broken.
 * `type`: what the event says it is; `text`: its data as it was found, cut to 2,000 characters.
 */
export type Unreadable = { type: 'Unreadable'; data: { type: string; text: string; reason: string } };

/** An event in the log. `recorded`: milliseconds since 1970, when it was appended. */
export type RecordedEvent = (NewEvent | (Unreadable & Omit<NewEvent, 'type' | 'data'>)) & {
  stream: string;
  revision: Revision;
  position: Position;
  recorded: number;
};

/** A stream whose last event is terminal is closed: it leaves nothing in any list. */
export const isTerminal = (type: string): boolean => type === 'ChannelDestroyed';

/** What the event is, or says it is where it cannot be read: an end needs nothing but its name to be one. */
export const namedType = (event: RecordedEvent): string => (event.type === 'Unreadable' ? event.data.type : event.type);
