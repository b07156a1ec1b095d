import type { z } from 'zod';
import {
  EXPORT_VERSION,
  type ExportEnd,
  type ExportedEvent,
  type ExportHeader,
  exportEndSchema,
  exportedEventSchema,
  exportHeaderSchema,
} from './export-format.ts';
import { importInvalid, importVersionUnknown } from './import-errors.ts';

/** `text`: the event's data as it is to stand in the log. */
export type ExportLine = { event: ExportedEvent; text: string } | { end: ExportEnd['rollcallLogEnd'] };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fields = (line: string, number: number): Record<string, unknown> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw importInvalid(number, undefined, `it is not JSON: ${error instanceof Error ? error.message : error}`, error);
  }
  if (isObject(parsed)) return parsed;
  throw importInvalid(number, undefined, 'it is not a JSON object');
};

const as = <T>(schema: z.ZodType<T>, value: unknown, number: number): T => {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw importInvalid(number, issue?.path.join('.'), issue?.message ?? 'not understood');
};

/** @throws RollcallError IMPORT_INVALID, IMPORT_FORMAT_UNKNOWN */
export const readHeader = (line: string | undefined): ExportHeader => {
  if (line === undefined) throw importInvalid(1, undefined, 'it is missing: there is nothing in the export');
  const value = fields(line, 1);
  const version = value.rollcallLog;
  if (typeof version === 'number' && version > EXPORT_VERSION) throw importVersionUnknown(version, EXPORT_VERSION);
  if (version === undefined)
    throw importInvalid(1, 'rollcallLog', 'it is not the first line of an export of an event log');
  return as(exportHeaderSchema, value, 1);
};

const textOf = (data: unknown, number: number): string => {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw importInvalid(number, 'data', error instanceof Error ? error.message : String(error), error);
  }
};

/** @throws RollcallError IMPORT_INVALID */
export const readLine = (line: string, number: number): ExportLine => {
  const value = fields(line, number);
  if ('rollcallLogEnd' in value) return { end: as(exportEndSchema, value, number).rollcallLogEnd };
  const event = as(exportedEventSchema, value, number);
  if ('data' in value === 'text' in value) throw importInvalid(number, 'data', 'an event has either data or text');
  return { event, text: event.text ?? textOf(event.data, number) };
};
