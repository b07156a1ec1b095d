import { z } from 'zod';
import { type Channel, shapeChannel } from './channel.ts';
import type { Pbx } from './pbx.ts';
import { position, revision } from './place.ts';

const text = z.string();
const whole = z.int();
const milliseconds = z.number().describe('Milliseconds since 1970-01-01 UTC.');
const known = z.string().nullable();

/** A live channel, as others are sent it: by the projection topic and over HTTP. What Asterisk has not said is absent. */
export const channelSnapshotSchema = z
  .object({
    pbx: text.min(1).describe('Name of the PBX.'),
    boot: whole.nonnegative().describe('Which run of the Asterisk process, counted from 1.'),
    uniqueid: text.min(1).describe('Asterisk’s unique id of the channel.'),
    revision: whole.nonnegative().describe('Place of the last applied event in the channel’s stream, from 0.'),
    position: whole.nonnegative().describe('Place of the last applied event in the whole event log.'),
    origin: z
      .enum(['created', 'found'])
      .describe('How the channel came to be known: from its own creation, or found in a list or a later event.'),
    name: text.describe('Channel name, as PJSIP/alice-0000002a. Names compare without regard to case.'),
    linkedid: text.optional().describe('Unique id of the oldest channel of the call.'),
    state: whole.optional().describe('Asterisk’s channel state: 0 Down, 4 Ring, 5 Ringing, 6 Up, up to 10.'),
    callerNumber: known.optional().describe('null: Asterisk has no value.'),
    callerName: known.optional(),
    callerPresentation: text.optional(),
    callerRdnis: text.optional(),
    connectedNumber: known.optional(),
    connectedName: known.optional(),
    language: text.optional(),
    accountCode: text.optional(),
    context: text.optional(),
    exten: text.optional(),
    priority: whole.optional(),
    application: text.optional(),
    applicationData: text.optional(),
    bridge: text.optional().describe('Unique id of the bridge; empty when the channel is in none.'),
    created: milliseconds.optional(),
    tenantid: text.optional(),
    protocolid: text.optional(),
    variables: z.record(z.string(), z.string()).optional().describe('The channel variables that are followed.'),
    held: z.boolean().optional(),
    musicClass: text.optional(),
    hangupRequested: z.boolean().optional(),
    hangupCause: whole.optional().describe('Q.850 cause of the hangup that was requested.'),
  })
  .meta({ title: 'Channel', description: 'A live channel. Keys that are not listed here may be added.' });

/** A PBX, as others are sent it: by it a reader knows which channels are stale. */
export const pbxSnapshotSchema = z
  .object({
    name: text.min(1),
    boot: whole.nonnegative().describe('Which run of the Asterisk process, counted from 1; 0: none seen yet.'),
    startup: text.optional().describe('Opaque startup time of this boot.'),
    connected: z.boolean().describe('While false, every channel of this PBX is stale: it may be over.'),
    source: z.enum(['ami', 'ari']).optional(),
    version: text.optional().describe('What the PBX says it is.'),
    recording: z.boolean().describe('A recording plays; no PBX is there.'),
    since: milliseconds.describe('Milliseconds since 1970-01-01 UTC of the last connect or disconnect.'),
    staleBefore: whole
      .optional()
      .describe('A channel whose position is lower is stale, until it is heard of again or the lists were compared.'),
    reconciledAt: milliseconds.optional(),
    revision: whole.nonnegative(),
    position: whole.nonnegative(),
  })
  .meta({ title: 'Pbx', description: 'A PBX. Keys that are not listed here may be added.' });

export type ChannelSnapshot = z.infer<typeof channelSnapshotSchema>;
export type PbxSnapshot = z.infer<typeof pbxSnapshotSchema>;

/** A channel as the list has it. */
export const toChannel = (snapshot: ChannelSnapshot): Channel =>
  shapeChannel({ ...snapshot, revision: revision(snapshot.revision), position: position(snapshot.position) });

/** A PBX as the list has it. */
export const toPbx = (pbx: PbxSnapshot): Pbx => ({
  name: pbx.name,
  boot: pbx.boot,
  startup: pbx.startup,
  connected: pbx.connected,
  source: pbx.source,
  version: pbx.version,
  recording: pbx.recording,
  since: pbx.since,
  staleBefore: pbx.staleBefore === undefined ? undefined : position(pbx.staleBefore),
  reconciledAt: pbx.reconciledAt,
  revision: revision(pbx.revision),
  position: position(pbx.position),
});
