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
