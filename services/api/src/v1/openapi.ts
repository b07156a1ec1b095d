import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import type { Operation } from '../operation.ts';
import { channelsQuery } from './channels.ts';
import { eventsQuery } from './event-filter.ts';
import {
  channelsModel,
  countsModel,
  eventModel,
  fieldsModel,
  jobModel,
  oneChannelModel,
  onePbxModel,
  pbxsModel,
  problemModel,
  timelineModel,
} from './models.ts';
import { oneChannelQuery, timelineQuery } from './one-channel.ts';
import { countsQuery, pbxsQuery } from './pbxs.ts';

type Route = {
  path: string;
  method: 'get' | 'post' | 'delete';
  summary: string;
  tag: 'List' | 'Feed' | 'Operating';
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  answer: z.ZodType;
  type?: string;
  status?: number;
  /** Another status with the same answer. */
  also?: number;
};

const nothing = z.strictObject({});

const resumeHeaders = z.object({
  'Last-Event-ID': z
    .string()
    .optional()
    .meta({ description: 'The id of the last event that was read; counts before after.' }),
});

/** Every route of `/v1` that a program may rely on. */
const ROUTES: readonly Route[] = [
  {
    path: '/channels',
    method: 'get',
    summary: 'The live channels',
    tag: 'List',
    query: channelsQuery,
    answer: z.union([channelsModel, fieldsModel]),
  },
  {
    path: '/channels/{pbx}/{uniqueid}',
    method: 'get',
    summary: 'One channel',
    tag: 'List',
    query: oneChannelQuery,
    answer: oneChannelModel,
  },
  {
    path: '/channels/{pbx}/{uniqueid}/timeline',
    method: 'get',
    summary: 'What happened to a channel, event by event',
    tag: 'List',
    query: timelineQuery,
    answer: timelineModel,
  },
  {
    path: '/pbxs',
    method: 'get',
    summary: 'The PBXs and how they stand',
    tag: 'List',
    query: pbxsQuery,
    answer: pbxsModel,
  },
  { path: '/pbxs/{name}', method: 'get', summary: 'One PBX', tag: 'List', query: pbxsQuery, answer: onePbxModel },
  {
    path: '/counts',
    method: 'get',
    summary: 'Channels counted by state, context, trunk, PBX or application',
    tag: 'List',
    query: countsQuery,
    answer: countsModel,
  },
  {
    path: '/events',
    method: 'get',
    summary: 'What happens, by server-sent events; resumes after Last-Event-ID',
    tag: 'Feed',
    query: eventsQuery,
    headers: resumeHeaders,
    answer: eventModel,
    type: 'text/event-stream',
  },
  {
    path: '/events/ws',
    method: 'get',
    summary: 'The same by websocket: one event a message',
    tag: 'Feed',
    query: eventsQuery,
    headers: resumeHeaders,
    answer: nothing,
    status: 101,
  },
  {
    path: '/jobs',
    method: 'get',
    summary: 'The jobs',
    tag: 'Operating',
    answer: z.object({ jobs: z.array(jobModel) }),
  },
  {
    path: '/jobs/{id}',
    method: 'get',
    summary: 'A job, with its result when it has one',
    tag: 'Operating',
    answer: jobModel,
  },
  {
    path: '/jobs/{id}',
    method: 'delete',
    summary: 'Stop a job: 202 while it still runs, 200 when it is over',
    tag: 'Operating',
    answer: jobModel,
    also: 202,
  },
  {
    path: '/jobs/{id}/progress',
    method: 'get',
    summary: 'The progress of a job until it ends, line by line',
    tag: 'Operating',
    answer: z.unknown(),
    type: 'application/x-ndjson',
  },
  {
    path: '/image',
    method: 'get',
    summary: 'The list whole with its indexes, of one moment, as lines of JSON',
    tag: 'Operating',
    answer: z.unknown(),
    type: 'application/x-ndjson',
  },
];

const LOGINS: OpenAPIV3_1.SecurityRequirementObject[] = [{ token: [] }, { password: [] }, { api_key: [] }];

/** Each has its own body, so each is a route of its own to whoever reads the document. */
const beginning = ({ name, body }: Operation): Route => ({
  path: `/operations/${name}`,
  method: 'post',
  summary: `Begin ${name} as a job; docs/operating.md tells what it does`,
  tag: 'Operating',
  body,
  answer: jobModel,
  status: 202,
});

/**
 * OpenAPI 3.1, made of the schemas that requests are checked with and answers are tested against.
 * @param operations those that may be begun here
 */
export const openApi = (operations: readonly Operation[] = []): OpenAPIV3_1.Document => {
  const paths: Record<string, Record<string, object>> = {};
  const schemas: Schemas = {};
  for (const route of [...ROUTES, ...operations.map(beginning)]) {
    const { path, method } = route;
    paths[`/v1${path}`] = { ...paths[`/v1${path}`], [method]: operation(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rollcall',
      version: '1',
      description: 'The true list of live channels. Errors are application/problem+json with a code and advice.',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, ...LOGINS],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        password: { type: 'http', scheme: 'basic' },
        api_key: { type: 'apiKey', in: 'query', name: 'api_key', description: 'user:password, as Asterisk takes it.' },
      },
    },
  };
};

type Schemas = Record<string, OpenAPIV3_1.SchemaObject>;
type Converted = OpenAPIV3_1.NonArraySchemaObject & { $schema?: string; $defs?: Schemas };

const operation = (route: Route, schemas: Schemas): object => {
  const { path, summary, tag, query, headers, body, answer, type = 'application/json', status = 200, also } = route;
  const content = (schema: z.ZodType, of: string) => ({ [of]: { schema: jsonSchema(schema, 'output', schemas) } });
  const good = { description: summary, ...(status !== 101 && { content: content(answer, type) }) };
  return {
    summary,
    tags: [tag],
    // Operating takes a login also where reading takes none.
    ...(tag === 'Operating' && { security: LOGINS }),
    parameters: [
      ...placesIn(path),
      ...(query ? parametersOf(query, 'query', schemas) : []),
      ...(headers ? parametersOf(headers, 'header', schemas) : []),
    ],
    ...(body && { requestBody: bodyOf(jsonSchema(body, 'input', schemas)) }),
    responses: {
      [status]: good,
      ...(also && { [also]: good }),
      default: {
        description: 'What is wrong, and what to do.',
        content: content(problemModel, 'application/problem+json'),
      },
    },
  };
};

/** Where nothing must be said there may be no body at all. */
const bodyOf = (schema: OpenAPIV3_1.SchemaObject): object => ({
  required: (schema.required ?? []).length > 0,
  content: { 'application/json': { schema } },
});

const placesIn = (path: string): object[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const parametersOf = (query: z.ZodObject, place: 'query' | 'header', schemas: Schemas): object[] => {
  const { properties = {}, required = [] } = jsonSchema(query, 'input', schemas);
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { description?: string };
    return { name, in: place, required: required.includes(name), ...(description && { description }), schema: rest };
  });
};

/** What has a name goes to `schemas`: within a document a reference begins at its root, where a schema of its own would have begun. */
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output', schemas: Schemas): OpenAPIV3_1.SchemaObject => {
  const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }));
  const converted: Converted = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'));
  const { $schema: _, $defs, ...rest } = converted;
  Object.assign(schemas, $defs);
  return rest;
};
