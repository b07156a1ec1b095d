import { expect, test } from 'vitest';
import { serveHealth } from './health.ts';

test('what cannot be told now ends that answer, and nothing else', async () => {
  const { url, close } = await serveHealth(
    { http: { host: '127.0.0.1', port: 0 }, httpOpen: false },
    {
      readiness: () => ({ problems: ['the log is away'] }),
      metrics: {
        contentType: 'text/plain',
        text: async () => {
          throw new Error('the log is away');
        },
      },
    },
  );
  const ask = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status;
  expect(await ask('/metrics')).toBe(500);
  expect(await ask('/healthz')).toBe(200);
  expect(await ask('/readyz')).toBe(503);
  await close();
});
