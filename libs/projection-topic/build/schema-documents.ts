import { z } from 'zod';
import { writtenHeadersSchema } from '../src/headers.ts';
import { channelSchema, checkpointSchema, pbxSchema } from '../src/snapshot.ts';
import { COMPACTION_SETTINGS, requiredSettings, TOPICS } from '../src/topic.ts';

/** As a reader meets it: what a later version adds is allowed. */
const jsonSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' });

const settings = Object.fromEntries(
  [...requiredSettings(3), ...COMPACTION_SETTINGS].map(({ name, value }) => [name, value]),
);

const message = (name: string, summary: string, key: string, payload: object) => ({
  name,
  summary,
  contentType: 'application/json',
  headers: { $ref: '#/components/schemas/headers' },
  payload,
  bindings: { kafka: { key: { type: 'string', pattern: key } } },
});

const CHANNEL_KEY = '^[^/]+/.+$';
const PBX_KEY = '^pbx/[^/]+(/\\d+)?$';
const TOMBSTONE = { type: 'null', description: 'A tombstone: the record has no value.' };

const ref = (channel: string, name: string) => ({ $ref: `#/channels/${channel}/messages/${name}` });

const asyncapi = {
  asyncapi: '3.0.0',
  info: {
    title: 'Rollcall projection topic',
    version: '1.0.0',
    description: 'The live channels of Asterisk PBXs: one record for each, a tombstone when it is over.',
    license: { name: 'Apache-2.0' },
  },
  defaultContentType: 'application/json',
  channels: {
    channels: {
      address: TOPICS.channels,
      description:
        'Exactly the live channels. Compacted: of each key the last record counts. In order for each key, at least once.',
      messages: {
        snapshot: message('rollcall.channel.snapshot', 'What a live channel is now.', CHANNEL_KEY, {
          $ref: '#/components/schemas/channel',
        }),
        destroyed: message('rollcall.channel.destroyed', 'A channel is over.', CHANNEL_KEY, TOMBSTONE),
      },
      bindings: { kafka: { topicConfiguration: { 'cleanup.policy': ['compact'] }, 'x-settings': settings } },
    },
    status: {
      address: TOPICS.status,
      description:
        'The PBXs, by which a channel is stale or not, and how far the channel topic is complete. One partition, compacted.',
      messages: {
        pbx: message('rollcall.pbx.snapshot', 'How a PBX stands.', PBX_KEY, { $ref: '#/components/schemas/pbx' }),
        forgotten: message('rollcall.pbx.forgotten', 'A PBX is not followed any more.', PBX_KEY, TOMBSTONE),
        checkpoint: message('rollcall.checkpoint', 'How far the channel topic is complete.', '^checkpoint(/\\d+)?$', {
          $ref: '#/components/schemas/checkpoint',
        }),
      },
      bindings: { kafka: { partitions: 1, topicConfiguration: { 'cleanup.policy': ['compact'] } } },
    },
  },
  operations: {
    publishChannels: {
      action: 'send',
      channel: { $ref: '#/channels/channels' },
      messages: [ref('channels', 'snapshot'), ref('channels', 'destroyed')],
    },
    publishStatus: {
      action: 'send',
      channel: { $ref: '#/channels/status' },
      messages: [ref('status', 'pbx'), ref('status', 'forgotten'), ref('status', 'checkpoint')],
    },
  },
  components: {
    schemas: {
      headers: inside(jsonSchema(writtenHeadersSchema)),
      channel: inside(jsonSchema(channelSchema)),
      pbx: inside(jsonSchema(pbxSchema)),
      checkpoint: inside(jsonSchema(checkpointSchema)),
    },
  },
};

/** A document has one dialect, told at its top. */
function inside({ $schema: _, ...schema }: ReturnType<typeof jsonSchema>) {
  return schema;
}

/** By file name in schemas/. */
export const documents: Record<string, object> = {
  'channel.schema.json': jsonSchema(channelSchema),
  'pbx.schema.json': jsonSchema(pbxSchema),
  'checkpoint.schema.json': jsonSchema(checkpointSchema),
  'headers.schema.json': jsonSchema(writtenHeadersSchema),
  'asyncapi.json': asyncapi,
};
