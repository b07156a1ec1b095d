import type { Difference } from '@rollcall/state-cache';
import { z } from 'zod';

/** A list as it was told, line by line, with its own indexes: also one that contradicts itself can be compared. */
export type ToldList = {
  /** Identity of the log that it says it is of. */
  log: string;
  position: number;
  channels: number;
  rows: ReadonlyMap<string, Row>;
};

/** One thing that a list holds; `text` is its value, byte for byte. */
type Row = { is: 'pbx' | 'channel' | 'name' | 'quarantine'; stream: string; text: string };

const headerSchema = z.object({
  rollcallImage: z.literal(1),
  log: z.string(),
  position: z.int(),
  channels: z.int(),
  lines: z.int(),
});

const lineSchema = z.union([
  z.strictObject({ stream: z.string(), channel: z.unknown() }),
  z.strictObject({ stream: z.string(), name: z.string() }),
  z.strictObject({ pbx: z.looseObject({ name: z.string() }) }),
  z.strictObject({ quarantined: z.looseObject({ stream: z.string() }) }),
]);

/**
 * Reads the lines of an image (`imageLines` of the api).
 * @throws Error when it is not one, or not whole
 */
export const readToldList = async (lines: AsyncIterable<string> | Iterable<string>): Promise<ToldList> => {
  let header: z.output<typeof headerSchema> | undefined;
  let count = 0;
  const rows = new Map<string, Row>();
  for await (const line of lines) {
    if (!header) {
      header = headerSchema.parse(JSON.parse(line));
      continue;
    }
    count++;
    const { key, row } = rowOf(lineSchema.parse(JSON.parse(line)));
    rows.set(rows.has(key) ? `${key}\n${count}` : key, row);
  }
  if (!header || count !== header.lines) throw new Error(`it has ${count} lines, not ${header?.lines}`);
  const { log, position, channels } = header;
  return { log, position, channels, rows };
};

const rowOf = (line: z.output<typeof lineSchema>): { key: string; row: Row } => {
  if ('pbx' in line) return row('pbx', `pbx/${line.pbx.name}`, line.pbx);
  if ('quarantined' in line) return row('quarantine', line.quarantined.stream, line.quarantined);
  if ('name' in line) return row('name', line.stream, line.name, line.name);
  return row('channel', line.stream, line.channel);
};

const row = (is: Row['is'], stream: string, value: unknown, more = ''): { key: string; row: Row } => ({
  key: `${is}\n${stream}\n${more}`,
  row: { is, stream, text: JSON.stringify(value) },
});

/** What `actual` has otherwise than `expected`; their positions are not looked at. */
export function* toldDifferences(expected: ToldList, actual: ToldList): Generator<Difference> {
  for (const [key, wanted] of expected.rows) {
    const found = actual.rows.get(key);
    if (!found) yield difference('missing', wanted);
    else if (found.text !== wanted.text) yield difference('differs', wanted, differentFields(wanted.text, found.text));
  }
  for (const [key, found] of actual.rows) if (!expected.rows.has(key)) yield difference('extra', found);
}

const difference = (what: Difference['what'], { is, stream }: Row, fields: string[] = []): Difference => {
  if (is === 'name') return { stream, what: 'differs', fields: ['(name index)'] };
  if (is === 'quarantine') return { stream, what: 'differs', fields: ['(quarantine)'] };
  return { stream, what, fields };
};

const differentFields = (expected: string, actual: string): string[] => {
  const left = textByField(expected);
  const right = textByField(actual);
  const fields = new Set([...left.keys(), ...right.keys()]);
  const different = [...fields].filter((field) => left.get(field) !== right.get(field));
  return different.length > 0 ? different : ['(order of fields)'];
};

const textByField = (text: string): Map<string, string> => {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return new Map([['(value)', text]]);
  return new Map(Object.entries(value).map(([field, one]) => [field, JSON.stringify(one)]));
};
