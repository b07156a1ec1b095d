import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheOf, channelOf, pbxNamed, serve } from './testing/served.ts';

let api: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  api = await serve({ cache: cacheOf([pbxNamed('pbx-a')], [channelOf('pbx-a', '1.1')]) });
});
afterAll(() => api.close());

describe('what is not there', () => {
  test.each(['/', '/pbx', '/favicon.ico'])('%s is a 404 in words, without what it was asked for', async (path) => {
    const { status, body } = await api.ask(path);
    expect({ status, body }).toEqual({ status: 404, body: { message: 'Resource not found' } });
  });
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s is a 405, whatever the body: nothing can be changed here',
    async (method) => {
      for (const path of ['/v1/channels', '/healthz', '/readyz']) {
        for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'text/xml' }]) {
          const { status, body, headers: answered } = await api.ask(path, { method, headers, body: '{"broken' });
          expect({ path, status, body }).toMatchObject({ path, status: 405, body: { code: 'METHOD_UNKNOWN' } });
          expect(answered.get('allow')).toBe('GET, HEAD');
        }
      }
    },
  );
});
