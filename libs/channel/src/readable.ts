import { type DomainEvent, domainEventSchema, type RecordedEvent, SCHEMA_VERSION, type Unreadable } from './events.ts';

/** An event as it was written: its type and data in the form of its own schema version. */
export type WrittenEvent = { type: string; data: unknown };

/**
 * By schema version: brings an event to the version above. What was once written can be read for ever, so no entry is ever
 * taken out, and each version has a log in test/schema-versions that holds it.
 */
export const UPCASTERS: ReadonlyMap<number, (event: WrittenEvent) => WrittenEvent> = new Map();

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
  upcasters: typeof UPCASTERS = UPCASTERS,
): DomainEvent | Unreadable => {
  const text = (): string => JSON.stringify(data) ?? 'undefined';
  if (!Number.isInteger(schema) || schema < 1 || schema > SCHEMA_VERSION) {
    return unreadable(type, text(), `schema ${schema} is not known here; this version reads 1 to ${SCHEMA_VERSION}`);
  }
  let event: WrittenEvent = { type, data };
  try {
    for (let version = schema; version < SCHEMA_VERSION; version++) event = upcasters.get(version)?.(event) ?? event;
  } catch (error) {
    return unreadable(type, text(), `schema ${schema} could not be brought up: ${error}`);
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
 * Why no handler can take the event; undefined when all can. A quick look at what the fold relies on: our own log's data was
 * checked when it was written, and checking it whole again would double the time of a replay.
 */
export const refusal = (event: RecordedEvent): string | undefined => {
  switch (event.type) {
    case 'Unreadable':
      return event.data.reason;
    case 'ChannelCreated':
    case 'ChannelRenamed':
      return typeof event.data?.name === 'string' ? undefined : 'name is not text';
    case 'ChannelStateChanged':
      return typeof event.data?.state === 'number' ? undefined : 'state is not a number';
    case 'BridgeEntered':
      return typeof event.data?.bridge === 'string' ? undefined : 'bridge is not text';
    case 'VariableSet':
      return typeof event.data?.variable === 'string' && typeof event.data.value === 'string'
        ? undefined
        : 'variable or value is not text';
    case 'PbxBooted':
      return typeof event.data?.boot === 'number' ? undefined : 'boot is not a number';
    default:
      return isObject(event.data) ? undefined : 'its data is not an object';
  }
};

const isObject = (data: unknown): boolean => typeof data === 'object' && data !== null && !Array.isArray(data);
