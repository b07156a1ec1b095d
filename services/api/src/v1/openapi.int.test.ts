import { systemWorld } from '@rollcall/clock';
import type { OpenAPIV3_1 } from 'openapi-types';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createJobs, operation } from '../operations.ts';
import { cacheOf, channelOf, pbxNamed, serve } from '../testing/served.ts';
import { fieldsModel } from './models.ts';
import { openApi } from './openapi.ts';

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({ cache: cacheOf([pbxNamed('pbx-a')], []) });
});
afterAll(() => api.close());

/** Those that this server has: nobody operates it. */
const documented = Object.entries(openApi().paths ?? {}).flatMap(([path, { get } = {}]) =>
  get && !get.tags?.includes('Operating') ? [path] : [],
);

test('the document has every route that is served for reading, and no other', () => {
  const served = api.routes
    .filter(({ method, url }) => method === 'GET' && /^\/v1\/(?!docs|openapi)/.test(url))
    .map(({ url }) => url.replaceAll(/:(\w+)/g, '{$1}'));
  expect(documented.toSorted()).toEqual([...new Set(served)].toSorted());
  expect(documented.length).toBeGreaterThan(5);
});

test('every reference in the document leads to what stands in it', () => {
  const document: unknown = JSON.parse(JSON.stringify(openApi()));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  const found = (path: string): unknown =>
    path.split('/').reduce<unknown>((at, key) => (Object(at) as Record<string, unknown>)[key], document);
  expect(references.filter((path) => found(path) === undefined)).toEqual([]);
  expect(new Set(references)).toContain('components/schemas/Channel');
});

test('channels with fields alone are as the document says', async () => {
  const one = await serve({ cache: cacheOf([pbxNamed('pbx-a')], [channelOf('pbx-a', '1.1')]) });
  const { body } = await one.ask('/v1/channels?fields=name,stateText');
  expect(fieldsModel.parse(body).channels).toEqual([{ name: 'PJSIP/1.1', stateText: 'Up' }]);
  expect(JSON.stringify(openApi().paths?.['/v1/channels']?.get)).toContain('#/components/schemas/ChannelFields');
  await one.close();
});

test('the document tells how a feed resumes, what a stopped job answers, and that operating takes a login', () => {
  const { paths = {} } = openApi();
  for (const path of ['/v1/events', '/v1/events/ws'])
    expect(paths[path]?.get?.parameters).toContainEqual(
      expect.objectContaining({ in: 'header', name: 'Last-Event-ID' }),
    );
  expect(Object.keys(paths['/v1/jobs/{id}']?.delete?.responses ?? {})).toEqual(['200', '202', 'default']);
  for (const path of ['/v1/jobs', '/v1/image']) expect(paths[path]?.get?.security).not.toContainEqual({});
});

test('the document has every operation, and its body refuses what the operation refuses', async () => {
  const body = z.strictObject({ stream: z.string().max(10), full: z.boolean().default(false) });
  const jobs = createJobs({
    operations: [operation({ name: 'mend', changes: true, body, run: async () => undefined })],
    world: systemWorld,
  });
  const token = 'f'.repeat(64);
  const operated = await serve({ cache: cacheOf([], []), operating: { token, jobs, log: 'log' } });
  try {
    const document = (await operated.ask('/v1/openapi.json')).body as ReturnType<typeof openApi>;
    const { requestBody } = document.paths?.['/v1/operations/mend']?.post ?? {};
    const told = z.fromJSONSchema(
      (requestBody as OpenAPIV3_1.RequestBodyObject).content['application/json']
        ?.schema as z.core.JSONSchema.JSONSchema,
    );
    for (const [asked, status] of [
      [{ stream: 'a' }, 202],
      [{ stream: 'a', full: true }, 202],
      [{ stream: 'a', full: 'yes' }, 400],
      [{ stream: 'longer than ten' }, 400],
      [{ stream: 'a', more: 1 }, 400],
      [{}, 400],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify(asked) };
      expect((await operated.ask('/v1/operations/mend', init)).status, init.body).toBe(status);
      expect(told.safeParse(asked).success, init.body).toBe(status === 202);
      await vi.waitFor(() => expect(jobs.all().every(({ state }) => state === 'done')).toBe(true));
    }
  } finally {
    await operated.close();
  }
});

test.each(['/v1/docs', '/v1/docs/', '/v1/docs?a=b', '/v1/docs/?a=b'])(
  'all parts of the page at %s are found',
  async (at) => {
    const page = await fetch(`${api.url}${at}`);
    const parts = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(parts.length).toBeGreaterThan(3);
    for (const path of parts) expect((await fetch(new URL(path, page.url))).status, path).toBe(200);
  },
);
