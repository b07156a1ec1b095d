import { channelSnapshotSchema, pbxSnapshotSchema } from '@rollcall/channel';
import { z } from 'zod';

/** What `/v1` answers with; the documents are made of these, and the tests hold the answers to them. */

const whole = z.int().min(0);
const STALE_BEFORE = 'What was last heard of before this position is stale.';

export const channelModel = z
  .strictObject({
    ...channelSnapshotSchema.shape,
    stale: z
      .literal(true)
      .optional()
      .meta({ description: 'Known from before the connection to its PBX was lost, and not heard of since.' }),
    uncertain: z.literal(true).optional().meta({ description: 'As it was before an event that cannot be read.' }),
  })
  .meta({ id: 'Channel', description: 'A live channel. A field that is absent was never told by the PBX.' });

export const pbxModel = z
  .strictObject({ ...pbxSnapshotSchema.shape, staleBefore: whole.optional().describe(STALE_BEFORE) })
  .meta({ id: 'Pbx' });

const setAsideModel = z
  .strictObject({
    count: whole,
    streams: z.array(
      z.strictObject({
        stream: z.string(),
        pbx: z.string(),
        revision: whole,
        position: whole,
        head: whole,
        type: z.string(),
        reason: z.string(),
        recorded: z.number(),
        waiting: whole,
      }),
    ),
  })
  .meta({ id: 'SetAside', description: 'Streams that wait at an event which cannot be read.' });

export const channelsModel = z.strictObject({
  position: whole.meta({ description: 'Position of the log that the list is of: follow /v1/events from here.' }),
  now: z.number(),
  pbxs: z.array(pbxModel),
  total: whole.optional().meta({ description: 'Of all pages, where the answer is one.' }),
  next: z.string().optional().meta({ description: 'cursor of the next page; absent on the last one.' }),
  channels: z.array(channelModel),
  quarantine: setAsideModel,
});

/** Of channels that are shown with `fields` alone. */
export const fieldsModel = channelsModel.extend({
  channels: z.array(
    channelModel
      .partial()
      .extend({ stateText: z.string().optional().meta({ description: 'The state in words; only by `fields`.' }) })
      .meta({ id: 'ChannelFields', description: 'With `fields`: those of a channel that were asked for.' }),
  ),
});

export const oneChannelModel = z.strictObject({ position: whole, channel: channelModel });

export const eventModel = z
  .strictObject({
    stream: z.string(),
    revision: whole,
    position: whole,
    id: z.string(),
    type: z.string(),
    time: z.number().meta({ description: "Milliseconds since 1970, by the PBX's clock where it gives one." }),
    recorded: z.number(),
    pbx: z.string(),
    boot: whole,
    source: z.enum(['ami', 'ari', 'reconcile', 'operator']),
    schema: whole,
    data: z.record(z.string(), z.unknown()),
    channel: channelModel
      .nullable()
      .optional()
      .meta({ description: 'The channel after the event; null when it is over.' }),
  })
  .meta({ id: 'Event' });

export const timelineModel = z.strictObject({
  stream: z.string(),
  now: z.number(),
  over: z.boolean(),
  channel: channelModel.nullable(),
  events: z.array(
    eventModel.extend({
      changed: z
        .record(z.string(), z.tuple([z.unknown(), z.unknown()]))
        .meta({ description: 'Fields, before and after.' }),
    }),
  ),
});

const counted = z.strictObject({ live: whole, stale: whole });
/** One that was never reached has none of what only the PBX itself tells. */
export const onePbxModel = pbxModel
  .partial()
  .required({ name: true, boot: true, connected: true })
  .extend({
    channels: counted,
    state: z
      .string()
      .optional()
      .meta({ description: 'connecting, syncing, live, stale or failed; absent where another process follows it.' }),
    reason: z.string().optional(),
    warnings: z.array(z.string()).optional(),
  });
export const pbxsModel = z.strictObject({ position: whole, now: z.number(), pbxs: z.array(onePbxModel) });

export const countsModel = z.strictObject({
  position: whole,
  now: z.number(),
  total: whole,
  by: z.string(),
  counts: z.array(z.strictObject({ value: z.string(), count: whole })),
});

export const jobModel = z
  .looseObject({ id: z.string(), state: z.string(), progress: z.unknown().optional(), result: z.unknown().optional() })
  .meta({ id: 'Job' });

export const problemModel = z
  .looseObject({
    type: z.string().meta({ description: 'urn:rollcall: and the code.' }),
    title: z.string().meta({ description: 'The code.' }),
    status: z.int().meta({ description: 'As in the status line.' }),
    detail: z.string().meta({ description: 'What happened, for people.' }),
    code: z.string().meta({ description: 'What is wrong, for programs.' }),
    message: z.string().meta({ description: 'The detail.' }),
    advice: z.string().meta({ description: 'What to do, for people.' }),
    job: jobModel.optional().meta({ description: 'The job that is in the way (JOB_IN_THE_WAY).' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });
