import { afterEach, expect, test } from 'vitest';
import type { Readiness } from './readiness.ts';
import { cacheOf, serve } from './testing/served.ts';

let state: Readiness = { problems: [], pbxs: [], position: 0 };
const api = await serve({ cache: cacheOf([], []), readiness: () => state });
afterEach(() => {
  state = { problems: [], pbxs: [], position: 0 };
});

test('healthz answers as long as the process does', async () => {
  state = { problems: ['the list does not follow the log'], pbxs: [], position: 0 };
  const { status, body } = await api.ask('/healthz');
  expect({ status, body }).toEqual({ status: 200, body: { status: 'ok' } });
});

test('readyz is 200 while the list is the log, and names a PBX that is away without being unready for it', async () => {
  const away = { name: 'pbx-a', state: 'stale', reason: 'PBX_UNREACHABLE: …', warnings: [], counters: {} };
  state = { problems: [], pbxs: [away], position: 12 };
  const { status, body } = await api.ask('/readyz');
  expect({ status, body }).toEqual({
    status: 200,
    body: { status: 'ready', problems: [], pbxs: [away], position: 12, quarantine: { count: 0, streams: [] } },
  });
});

test('readyz is 503 with the reason while it is not', async () => {
  state = { problems: ['LOG_GAP: stream channel/a/1/1.1 lacks revision 3'], pbxs: [], position: 12 };
  expect(await api.ask('/readyz')).toMatchObject({
    status: 503,
    body: { status: 'not ready', problems: ['LOG_GAP: stream channel/a/1/1.1 lacks revision 3'] },
  });
});
