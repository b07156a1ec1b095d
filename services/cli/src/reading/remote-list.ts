import { channelSnapshotSchema, pbxSnapshotSchema, position, revision, toChannel, toPbx } from '@rollcall/channel';
import { z } from 'zod';

const place = z.int().min(0);
/** Fields that a newer server adds are left out. */
const channelSchema = channelSnapshotSchema.transform(toChannel);
const pbxSchema = pbxSnapshotSchema.extend({ staleBefore: place.optional() }).transform(toPbx);

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
