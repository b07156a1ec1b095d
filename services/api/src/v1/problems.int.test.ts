import { systemWorld } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createJobs, operation } from '../operations.ts';
import { cacheOf, channelOf, pbxNamed, serve } from '../testing/served.ts';
import { someUsers } from '../testing/users.ts';
import { openApi } from './openapi.ts';

const jobs = createJobs({
  operations: [
    operation({
      ...{ name: 'endless', body: z.strictObject({}), changes: true },
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    }),
  ],
  world: systemWorld,
});

let users: Awaited<ReturnType<typeof someUsers>>;
let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  users = await someUsers();
  api = await serve({
    cache: cacheOf([pbxNamed('pbx-a')], [channelOf('pbx-a', '1.1')]),
    access: users.access,
    scheduler: systemWorld.scheduler,
    trustProxy: ['127.0.0.1'],
    limits: { connections: 1_000, connectionsPerAddress: 1_000, requestsPerMinute: 1 },
    operating: { token: 'f'.repeat(64), jobs, log: 'log' },
    at: async (moment) => {
      if (moment === 'defect') throw new Error('of the inside');
      throw new RollcallError('LOG_DAMAGED', 'The log is damaged.', 'Restore it.');
    },
  });
  jobs.start('endless', undefined);
  // The file of users is not read anew at every request.
  await vi.waitFor(async () => expect((await ask({ path: '/v1/jobs' })).status).toBe(200), { timeout: 5_000 });
});
afterAll(async () => {
  await api.close();
  await jobs.close();
  users.remove();
});

/** The schema that the document gives for what is wrong with that request; of a path that it does not have, that of any. */
const schemaOf = (method: string, path: string): z.ZodType => {
  const { paths = {}, components } = openApi();
  const asked = path.replace(/\?.*/, '').split('/');
  const found = Object.keys(paths).find((one) => {
    const parts = one.split('/');
    return parts.length === asked.length && parts.every((part, at) => part.startsWith('{') || part === asked[at]);
  });
  const operations = z.record(z.string(), operationSchema).parse(paths[found ?? '/v1/channels']);
  const described = operations[method.toLowerCase()] ?? Object.values(operations)[0];
  const schema = described?.responses.default.content['application/problem+json'].schema;
  if (!schema) return z.never();
  // zod knows references within a schema only.
  const text = JSON.stringify({ ...schema, $defs: components?.schemas });
  return z.fromJSONSchema(JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/')));
};
const operationSchema = z.object({
  responses: z.object({
    default: z.object({
      content: z.strictObject({ 'application/problem+json': z.object({ schema: z.record(z.string(), z.any()) }) }),
    }),
  }),
});

type Asked = { method?: string; path: string; as?: 'reader' | 'operator' | 'nobody' } & Pick<RequestInit, 'body'> & {
    headers?: Record<string, string>;
  };
const ask = async ({ method = 'GET', path, as = 'operator', body = null, headers = {} }: Asked) => {
  const authorization = as === 'nobody' ? {} : { authorization: `Bearer ${users.tokens[as].token}` };
  return api.ask(path, { method, body, headers: { ...authorization, ...headers } });
};

const json = { 'content-type': 'application/json' };
const away = { 'x-forwarded-for': '192.0.2.7' };

describe('whatever is wrong under /v1 is told as a problem, as the document describes it', () => {
  test.each<[number, string, Asked]>([
    [400, 'QUERY_WRONG', { path: '/v1/channels?colour=red' }],
    [400, 'URL_UNREADABLE', { path: '/v1/channels/%zz' }],
    [400, 'FEED_POSITION_WRONG', { path: '/v1/events?after=soon' }],
    [400, 'BODY_WRONG', { method: 'POST', path: '/v1/operations/endless', body: '{"broken', headers: json }],
    [400, 'BODY_WRONG', { method: 'POST', path: '/v1/operations/endless', body: '{"x":1}', headers: json }],
    [401, 'NOT_LOGGED_IN', { path: '/v1/channels', as: 'nobody' }],
    [401, 'NOT_LOGGED_IN', { path: '/v1/jobs/x/progress', as: 'nobody' }],
    [401, 'NOT_LOGGED_IN', { path: '/v1/nothing', as: 'nobody' }],
    [401, 'NOT_LOGGED_IN', { method: 'PUT', path: '/v1/channels', as: 'nobody' }],
    [403, 'ROLE_MISSING', { method: 'POST', path: '/v1/operations/endless', as: 'reader' }],
    [404, 'RESOURCE_UNKNOWN', { path: '/v1' }],
    [404, 'RESOURCE_UNKNOWN', { path: '/v1/' }],
    [404, 'RESOURCE_UNKNOWN', { path: '/v1/nothing' }],
    [404, 'RESOURCE_UNKNOWN', { path: '/v1/channels/' }],
    [404, 'RESOURCE_UNKNOWN', { method: 'POST', path: '/v1/nothing', body: '{}', headers: json }],
    [404, 'RESOURCE_UNKNOWN', { method: 'PROPFIND', path: '/v1/channels' }],
    [404, 'RESOURCE_UNKNOWN', { path: '/v1/docs/nothing' }],
    [404, 'RESOURCE_UNKNOWN', { path: '/v1/docs/static/nothing' }],
    [404, 'CHANNEL_UNKNOWN', { path: '/v1/channels/pbx-a/9.9' }],
    [404, 'PBX_UNKNOWN', { path: '/v1/pbxs/nobody' }],
    [404, 'JOB_UNKNOWN', { path: '/v1/jobs/x' }],
    [404, 'JOB_UNKNOWN', { path: '/v1/jobs/x/progress' }],
    [404, 'OPERATION_UNKNOWN', { method: 'POST', path: '/v1/operations/nothing' }],
    [405, 'METHOD_UNKNOWN', { method: 'POST', path: '/v1/channels' }],
    [405, 'METHOD_UNKNOWN', { method: 'PUT', path: '/v1/jobs/x' }],
    [405, 'METHOD_UNKNOWN', { method: 'GET', path: '/v1/operations/endless' }],
    [405, 'METHOD_UNKNOWN', { method: 'PATCH', path: '/v1/image' }],
    [409, 'JOB_IN_THE_WAY', { method: 'POST', path: '/v1/operations/endless' }],
    [413, 'BODY_WRONG', { method: 'POST', path: '/v1/operations/endless', body: 'x'.repeat(70_000), headers: json }],
    [
      415,
      'BODY_WRONG',
      { method: 'POST', path: '/v1/operations/endless', body: '<x/>', headers: { 'content-type': 'text/xml' } },
    ],
    [426, 'UPGRADE_REQUIRED', { path: '/v1/events/ws' }],
    [429, 'TOO_MANY_REQUESTS', { path: '/v1/channels', headers: away }],
    [429, 'TOO_MANY_REQUESTS', { method: 'POST', path: '/v1/operations/endless', headers: away }],
    [500, 'INTERNAL', { path: '/v1/channels?at=defect' }],
    [501, 'LOG_NOT_HERE', { path: '/v1/channels/pbx-a/1.1/timeline' }],
    [503, 'LOG_DAMAGED', { path: '/v1/counts?by=state&at=7' }],
    [504, 'WAIT_TIMED_OUT', { path: '/v1/channels?wait-for=99&timeout=0' }],
  ])('%i %s', async (status, code, asked) => {
    if (status === 429) await ask(asked);
    const answer = await ask(asked);
    const { method = 'GET', path } = asked;
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status,
      type: 'application/problem+json; charset=utf-8',
    });
    const body = z.record(z.string(), z.unknown()).parse(answer.body);
    expect(schemaOf(method, path).parse(body)).toEqual(body);
    const { detail, message, advice, ...rest } = body;
    expect(rest).toEqual({
      ...{ type: `urn:rollcall:${code}`, title: code, status, code },
      ...(status === 409 && { job: expect.objectContaining({ operation: 'endless' }) }),
    });
    expect(detail).toBe(message);
    expect(`${message} ${advice}`).not.toContain('of the inside');
    expect([typeof message, typeof advice]).toEqual(['string', 'string']);
    expect(answer.headers.get('allow') !== null).toBe(status === 405);
    expect(answer.headers.get('retry-after') !== null).toBe(status === 429);
  });

  test('the document tells it of every route, and its schema refuses what is none', () => {
    for (const [path, operations] of Object.entries(openApi().paths ?? {})) {
      for (const method of Object.keys(operations ?? {})) {
        const schema = schemaOf(method, path);
        expect(schema.safeParse({ message: 'Resource not found' }).success, `${method} ${path}`).toBe(false);
      }
    }
  });
});
