import type { IHeaders } from 'kafkajs';
import { z } from 'zod';

/** Version of the values and headers written today. A reader passes over snapshots of one that it does not know. */
export const RECORD_SCHEMA = 1;

const number = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);

/** Headers that a reader needs. They are texts; there are more on a record, and there may come more. */
export const headersSchema = z.object({
  schema: number,
  log: z.string().min(1).max(200),
  boot: number,
  revision: number,
  position: number,
  time: number,
});

export type RecordHeaders = z.infer<typeof headersSchema>;

/** Undefined where they are not Rollcall's. */
export const readHeaders = (headers: IHeaders): RecordHeaders | undefined => {
  const texts = Object.entries(headers).map(([name, value]) => [
    name,
    Buffer.isBuffer(value) ? value.toString() : value,
  ]);
  return headersSchema.safeParse(Object.fromEntries(texts)).data;
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
