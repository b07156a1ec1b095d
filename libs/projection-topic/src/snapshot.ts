import { z } from 'zod';

export {
  type ChannelSnapshot,
  channelSnapshotSchema as channelSchema,
  type PbxSnapshot,
  pbxSnapshotSchema as pbxSchema,
} from '@rollcall/channel';

const whole = z.int();

/** How far the topic is complete. */
export const checkpointSchema = z
  .object({
    position: whole.nonnegative().describe('Everything in the event log up to here is on the channel topic.'),
    offsets: z
      .record(z.string().regex(/^\d+$/), whole.nonnegative())
      .describe('By partition of the channel topic: once a reader has read up to here, it has all of that.'),
    setAside: whole
      .nonnegative()
      .optional()
      .describe('Channels that wait at an event which cannot be read: they are listed as they were before it, or not.'),
  })
  .meta({ title: 'Checkpoint', description: 'How far the channel topic is complete.' });

export type Checkpoint = z.infer<typeof checkpointSchema>;
