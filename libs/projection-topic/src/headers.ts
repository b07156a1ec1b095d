import type { IHeaders } from 'kafkajs';
import { z } from 'zod';

/** Version of the values and headers written today. A reader passes over snapshots of one that it does not know. */
export const RECORD_SCHEMA = 1;

const number = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);

/** Headers that a reader needs. They are texts; there are more on a record, and there may come more. */
const headersSchema = z.object({
  schema: number.describe(
    'Version of value and headers. Pass over snapshots of one that you do not know; tombstones stay tombstones.',
  ),
  log: z
    .string()
    .min(1)
    .max(200)
    .describe(
      'Identity of the event log. Versions of different logs cannot be compared: the later record in the partition counts.',
    ),
  boot: number.describe('Which run of the Asterisk process. In one log the higher boot is newer.'),
  revision: number.describe(
    'Place of the last event in the stream. In one boot the higher revision is newer; at the same one a tombstone counts more.',
  ),
  position: number.describe('Place of the last event in the whole event log.'),
  time: number.describe('Milliseconds since 1970-01-01 UTC when the record was made.'),
});

/** Everything that is on a record: Rollcall's own headers, and the attributes of CloudEvents 1.0 in its Kafka binding's binary mode. */
export const writtenHeadersSchema = headersSchema.extend({
  'content-type': z.literal('application/json').optional().describe('Absent on a tombstone.'),
  ce_specversion: z.literal('1.0'),
  ce_type: z.string().describe('What the record is, as rollcall.channel.snapshot.'),
  ce_source: z.string().describe('/rollcall/ and the identity of the event log.'),
  ce_subject: z.string().describe('The key.'),
  ce_id: z.string().describe('The same on a record that is sent again.'),
  ce_time: z.iso.datetime().describe('Header time as text.'),
});

export type RecordHeaders = z.infer<typeof headersSchema>;

/** Undefined where they are not Rollcall's. */
export const readHeaders = (headers: IHeaders): RecordHeaders | undefined => {
  const { schema, log, boot, revision, position, time } = headers;
  const needed = { schema, log, boot, revision, position, time };
  const texts: Record<string, unknown> = needed;
  for (const [name, value] of Object.entries(needed)) if (Buffer.isBuffer(value)) texts[name] = value.toString();
  return headersSchema.safeParse(texts).data;
};

export type Described = Omit<RecordHeaders, 'schema'> & {
  key: string;
  type: string;
  /** Makes `ce_id` one of its own among what is said of this key at this boot and revision. */
  mark: string;
};

/** Rollcall's own headers, and the attributes of CloudEvents 1.0 as its Kafka binding has them in binary mode. */
export const writeHeaders = ({ log, boot, revision, position, time, key, type, mark }: Described): IHeaders => ({
  schema: String(RECORD_SCHEMA),
  log,
  boot: String(boot),
  revision: String(revision),
  position: String(position),
  time: String(time),
  ce_specversion: '1.0',
  ce_type: type,
  ce_source: `/rollcall/${encodeURIComponent(log)}`,
  ce_subject: key,
  ce_id: `${key}@${boot}.${revision}.${mark}`,
  ce_time: new Date(time).toISOString(),
});
