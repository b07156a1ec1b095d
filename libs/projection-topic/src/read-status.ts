import { RECORD_SCHEMA, readHeaders } from './headers.ts';
import { parseJson, type RawRecord } from './read-record.ts';
import { type Checkpoint, checkpointSchema, type PbxSnapshot, pbxSchema } from './snapshot.ts';

export type StatusRecord =
  | {
      is: 'pbx';
      name: string;
      /** Of the channel topic, which a publisher of several keeps; undefined: it keeps them all. */
      partition: number | undefined;
      log: string;
      revision: number;
      pbx: PbxSnapshot | undefined;
    }
  | { is: 'checkpoint'; key: string; log: string; checkpoint: Checkpoint }
  | { is: 'foreign'; key: string; why: string }
  | { is: 'unknown-schema'; key: string; schema: number };

/** PBX names hold no slash. */
const PBX_KEY = /^pbx\/([^/]+)(?:\/(\d+))?$/;

/** Believes nothing: a topic may hold what anybody wrote. */
export const readStatusRecord = ({ key: bytes, value, headers }: RawRecord): StatusRecord => {
  const key = bytes?.toString() ?? '';
  const ours = readHeaders(headers);
  if (!ours) return { is: 'foreign', key, why: 'it has not the headers of a record of Rollcall' };
  if (value !== null && ours.schema !== RECORD_SCHEMA) return { is: 'unknown-schema', key, schema: ours.schema };
  const [, name, number] = PBX_KEY.exec(key) ?? [];
  if (name !== undefined) {
    const { log, revision } = ours;
    const of = {
      is: 'pbx' as const,
      name,
      partition: number === undefined ? undefined : Number(number),
      log,
      revision,
    };
    if (value === null) return { ...of, pbx: undefined };
    const pbx = pbxSchema.safeParse(parseJson(value));
    if (pbx.success && pbx.data.name === name) return { ...of, pbx: pbx.data };
  }
  if (/^checkpoint(\/\d+)?$/.test(key) && value !== null) {
    const checkpoint = checkpointSchema.safeParse(parseJson(value));
    if (checkpoint.success) return { is: 'checkpoint', key, log: ours.log, checkpoint: checkpoint.data };
  }
  return { is: 'foreign', key, why: 'it is neither a PBX nor a checkpoint' };
};
