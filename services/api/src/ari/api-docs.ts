import { z } from 'zod';
import { events } from './event-models.ts';
import { OPERATIONS, type Operation } from './operations.ts';

type Property = { type: string; description: string; required: boolean };
type Model = { id: string; description: string; properties: Record<string, Property>; subTypes?: string[] };

const RESOURCES: Record<string, string> = {
  asterisk: 'Asterisk resources',
  channels: 'Channel resources',
  bridges: 'Bridge resources',
  events: 'WebSocket resource',
  applications: 'Stasis application resources',
};

/**
 * Everything under `/api-docs`, in the form in which Asterisk describes its ARI (Swagger 1.1 and 1.2): client libraries make their
 * operations from it. `base`: the URL that the operations' paths follow.
 */
export const apiDocs = (file: string, base: string): object | undefined => {
  const document = DOCUMENTS.get(file);
  return document && { ...HEAD, basePath: base, ...document };
};

const HEAD = { apiVersion: '2.0.0', swaggerVersion: '1.1' };

const index = (): object => ({
  apis: Object.entries(RESOURCES).map(([name, description]) => ({ path: `/api-docs/${name}.{format}`, description })),
});

const resource = (name: string): object => {
  const operations = Object.values<Operation>(OPERATIONS).filter(({ path }) => path.split('/')[1] === name);
  const models: Record<string, Model> = {};
  for (const { answers, websocket } of operations) if (!websocket) describeModel(answers, models);
  if (name === 'events') describeEvents(models);
  return {
    resourcePath: `/api-docs/${name}.{format}`,
    apis: operations.map((operation) => ({
      path: operation.path,
      description: operation.summary,
      operations: [describeOperation(operation)],
    })),
    models,
  };
};

const describeOperation = (operation: Operation): object => ({
  httpMethod: 'GET',
  ...(operation.websocket && { upgrade: 'websocket', websocketProtocol: 'ari' }),
  summary: operation.summary,
  nickname: operation.nickname,
  responseClass: operation.websocket
    ? 'Message'
    : typeOf(operation.list ? z.array(operation.answers) : operation.answers),
  parameters: operation.parameters.map(({ name, in: paramType, description, required, list }) => ({
    ...{ name, description, paramType, required, allowMultiple: list ?? false, dataType: 'string' },
  })),
  errorResponses: Object.entries(operation.errors).map(([code, reason]) => ({ code: Number(code), reason })),
});

/** Asterisk says of each event only what it does not share with all: `Message` and `Event` say the rest. */
const describeEvents = (models: Record<string, Model>): void => {
  for (const event of Object.values(events)) describeModel(event, models);
  const names = Object.keys(events);
  models.Message = {
    id: 'Message',
    description: 'What every message has',
    properties: {
      type: { type: 'string', description: 'Kind of event', required: true },
      asterisk_id: { type: 'string', description: "The PBX's name in Rollcall", required: false },
    },
    subTypes: ['Event'],
  };
  models.Event = {
    id: 'Event',
    description: 'What every event has',
    properties: {
      application: { type: 'string', description: 'The application that is told', required: true },
      timestamp: { type: 'Date', description: 'When it happened', required: true },
    },
    subTypes: names,
  };
};

/** The model and those that it is made of. */
const describeModel = (schema: z.ZodType, models: Record<string, Model>): void => {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodArray) {
    describeModel(inner.element as z.ZodType, models);
    return;
  }
  const id = inner instanceof z.ZodObject ? modelId(inner) : undefined;
  if (!(inner instanceof z.ZodObject) || id === undefined || models[id]) return;
  const model: Model = { id, description: described(inner), properties: {} };
  models[id] = model;
  for (const [name, field] of Object.entries<z.ZodType>(inner.shape)) {
    model.properties[name] = { type: typeOf(field), description: described(field), required: !field.isOptional() };
    describeModel(field, models);
  }
};

const unwrapped = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap() as z.ZodType) : schema;

const metaOf = (schema: z.ZodType): Record<string, unknown> => ({ ...unwrapped(schema).meta(), ...schema.meta() });

const described = (schema: z.ZodType): string => String(metaOf(schema).description ?? '');

const modelId = (schema: z.ZodObject): string | undefined => {
  const { id } = metaOf(schema);
  return typeof id === 'string' ? id : undefined;
};

const typeOf = (schema: z.ZodType): string => {
  const { swagger } = metaOf(schema);
  if (typeof swagger === 'string') return swagger;
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) return modelId(inner) ?? 'object';
  if (inner instanceof z.ZodArray) return `List[${typeOf(inner.element as z.ZodType)}]`;
  if (inner instanceof z.ZodRecord) return 'object';
  if (inner instanceof z.ZodNumber) return 'int';
  if (inner instanceof z.ZodBoolean) return 'boolean';
  return 'string';
};

/** By file, without what each request has of its own; made when the service starts, not for each client. */
const DOCUMENTS: ReadonlyMap<string, object> = new Map([
  ['resources.json', index()],
  ...Object.keys(RESOURCES).map((name): [string, object] => [`${name}.json`, resource(name)]),
]);
