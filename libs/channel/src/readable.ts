import { z } from 'zod';
import { type DomainEvent, domainEventSchema, type RecordedEvent, SCHEMA_VERSION, type Unreadable } from './events.ts';

/** An event as it was written: its type and data in the form of its own schema version. */
export type WrittenEvent = { type: string; data: unknown };

/** By schema version: brings an event to the version above. */
export type Upcasters = ReadonlyMap<number, (event: WrittenEvent) => WrittenEvent>;

/**
 * One for every version before the present one. What was once written can be read for ever, so no entry is ever taken out,
 * and each version has a log in test/schema-versions that holds it.
 */
export const UPCASTERS: Upcasters = new Map();

const TEXT_LIMIT = 2_000;

export const unreadable = (type: string, text: string, reason: string): Unreadable => ({
  type: 'Unreadable',
  data: { type, text: text.slice(0, TEXT_LIMIT), reason },
});

/**
 * An event of any schema version, as this version knows it; checked, since it may come from anywhere. Never throws: what
 * cannot be read is an event too, and has its place in its stream.
 */
export const readEvent = (
  { type, data }: WrittenEvent,
  schema: number,
  upcasters = UPCASTERS,
  current = SCHEMA_VERSION,
): DomainEvent | Unreadable => {
  const text = (): string => JSON.stringify(data) ?? 'undefined';
  if (!Number.isInteger(schema) || schema < 1 || schema > current) {
    return unreadable(type, text(), `schema ${schema} is not known here; this version reads 1 to ${current}`);
  }
  let event: WrittenEvent = { type, data };
  for (let version = schema; version < current; version++) {
    try {
      const upcast = upcasters.get(version);
      if (!upcast) return unreadable(type, text(), `nothing here brings schema ${version} up`);
      event = upcast(event);
    } catch (error) {
      return unreadable(type, text(), `schema ${version} could not be brought up: ${error}`);
    }
  }
  const checked = domainEventSchema.safeParse(event);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue?.path.join('.');
  if (where === 'type')
    return unreadable(type, text(), `events named ${JSON.stringify(event.type)} are not known here`);
  return unreadable(type, text(), where ? `${where}: ${issue?.message}` : (issue?.message ?? 'not understood'));
};

/**
 * Why no handler can take the event; undefined when all can. A quick look, at the names and JSON types of its fields: our own
 * log's data was checked when it was written, and checking it whole again would double the time of a replay.
 */
export const refusal = (event: RecordedEvent): string | undefined => {
  if (event.type === 'Unreadable') return event.data.reason;
  const data: unknown = event.data;
  if (!isObject(data)) return 'its data is not an object';
  const form = FORMS.get(event.type);
  if (!form) return `events named ${JSON.stringify(event.type)} are not known here`;
  for (const field of form.required) if (data[field] === undefined) return `data.${field} is missing`;
  for (const field in data) {
    const value = data[field];
    const fits = form.fields.get(field);
    if (!fits) return `data.${field} is not known here`;
    if (value !== undefined && !fits(value)) return `data.${field} is of a wrong kind: ${typeof value}`;
  }
  return undefined;
};

/**
 * The event as a fold has it that goes on whatever comes: as it is or, where no handler can take it, as one that cannot be read,
 * of which only the name counts.
 */
export const takeable = (event: RecordedEvent): RecordedEvent => {
  const reason = refusal(event);
  if (reason === undefined || event.type === 'Unreadable') return event;
  return { ...event, ...unreadable(event.type, JSON.stringify(event.data), reason) };
};

type Fits = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Fits = (value) => typeof value === 'string';
const isNumber: Fits = (value) => typeof value === 'number';
const isFlag: Fits = (value) => typeof value === 'boolean';

/** The JSON type that a field's schema asks for. */
const fitsOf = (schema: unknown): Fits => {
  if (schema instanceof z.ZodOptional) return fitsOf(schema.unwrap());
  if (schema instanceof z.ZodNullable) {
    const fits = fitsOf(schema.unwrap());
    return (value) => value === null || fits(value);
  }
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum) return isText;
  if (schema instanceof z.ZodNumber) return isNumber;
  if (schema instanceof z.ZodBoolean) return isFlag;
  if (schema instanceof z.ZodRecord) return isObject;
  throw new Error('A field of an event is of a kind that refusal() does not know yet.');
};

const FORMS = new Map<string, { required: string[]; fields: Map<string, Fits> }>(
  domainEventSchema.options.map(({ shape }) => {
    const fields = Object.entries(shape.data.shape);
    return [
      shape.type.value,
      {
        required: fields.flatMap(([field, schema]) => (schema instanceof z.ZodOptional ? [] : [field])),
        fields: new Map(fields.map(([field, schema]) => [field, fitsOf(schema)])),
      },
    ];
  }),
);
