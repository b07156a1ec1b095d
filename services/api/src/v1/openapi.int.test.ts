import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheOf, pbxNamed, serve } from '../testing/served.ts';
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

test.each(['/v1/docs', '/v1/docs/', '/v1/docs?a=b', '/v1/docs/?a=b'])(
  'all parts of the page at %s are found',
  async (at) => {
    const page = await fetch(`${api.url}${at}`);
    const parts = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(parts.length).toBeGreaterThan(3);
    for (const path of parts) expect((await fetch(new URL(path, page.url))).status, path).toBe(200);
  },
);
