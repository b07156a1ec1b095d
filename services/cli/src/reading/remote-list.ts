import { type Channel, type Pbx, position, revision, shapeChannel } from '@rollcall/channel';
import { z } from 'zod';

const place = z.int().min(0);
const known = z.string().nullable();

/** A channel as a server sends it; fields that a newer server adds are left out. */
const channelSchema = z
  .object({
    pbx: z.string(),
    boot: place,
    uniqueid: z.string(),
    revision: place.transform(revision),
    position: place.transform(position),
    origin: z.enum(['created', 'found']),
    name: z.string(),
    linkedid: z.string().optional(),
    state: z.int().optional(),
    callerNumber: known.optional(),
    callerName: known.optional(),
    callerPresentation: z.string().optional(),
    callerRdnis: z.string().optional(),
    connectedNumber: known.optional(),
    connectedName: known.optional(),
    language: z.string().optional(),
    accountCode: z.string().optional(),
    context: z.string().optional(),
    exten: z.string().optional(),
    priority: z.int().optional(),
    application: z.string().optional(),
    applicationData: z.string().optional(),
    bridge: z.string().optional(),
    created: z.number().optional(),
    tenantid: z.string().optional(),
    protocolid: z.string().optional(),
    variables: z.record(z.string(), z.string()).optional(),
    held: z.boolean().optional(),
    musicClass: z.string().optional(),
    hangupRequested: z.boolean().optional(),
    hangupCause: z.int().optional(),
  })
  .transform((fields): Channel => shapeChannel(fields));

const pbxSchema = z
  .object({
    name: z.string(),
    boot: place,
    startup: z.string().optional(),
    connected: z.boolean(),
    source: z.enum(['ami', 'ari']).optional(),
    version: z.string().optional(),
    recording: z.boolean(),
    since: z.number(),
    staleBefore: place.transform(position).optional(),
    reconciledAt: z.number().optional(),
    revision: place.transform(revision),
    position: place.transform(position),
  })
  .transform(
    ({ startup, source, version, staleBefore, reconciledAt, ...fields }): Pbx => ({
      ...fields,
      startup,
      source,
      version,
      staleBefore,
      reconciledAt,
    }),
  );

const quarantinedSchema = z.object({
  stream: z.string(),
  pbx: z.string(),
  revision: place.transform(revision),
  position: place.transform(position),
  head: place.transform(revision),
  type: z.string(),
  reason: z.string(),
  recorded: z.number(),
});

/** The answer of `GET /v1/channels`. */
export const remoteListSchema = z.object({
  position: place,
  now: z.number(),
  pbxs: z.array(pbxSchema),
  channels: z.array(channelSchema),
  /** An older server does not say it. */
  quarantine: z.object({ streams: z.array(quarantinedSchema) }).default({ streams: [] }),
});

export type RemoteList = z.output<typeof remoteListSchema>;
