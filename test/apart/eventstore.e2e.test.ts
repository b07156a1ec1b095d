import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Node, startNode } from '../eventstore/double/node.ts';
import { rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { type ServiceProcess, startService } from './service-process.ts';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-apart-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let node: Node;
const started: ServiceProcess[] = [];
beforeEach(async () => {
  node = await startNode();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(started.splice(0).map((one) => one.kill9()));
  await node.stop();
});

const log = (): string => `esdb://127.0.0.1:${node.port}?tls=false`;
const start = async (service: string, ...args: string[]): Promise<ServiceProcess> => {
  const process = await startService(service, '--data', join(dir, `${service}-${node.port}`), '--log', log(), ...args);
  started.push(process);
  return process;
};
/** What operators do, on the Rollcall that runs. */
const operated = async (data: string): Promise<void> => {
  const verified = await rollcall('verify', '--data', data);
  expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('list: 0 channels') });
  expect(await rollcall('replay', '--full', '--data', data)).toMatchObject({ code: 0 });
  expect(await rollcall('log', 'compact', '--data', data, '--older-than', '1d')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/NOT_THIS_LOG: Compacting.*scavenge/),
  });
};
const NOBODY = ['--pbx', 'none=ami://u:s@127.0.0.1:1'];

test('with its log in EventStoreDB Rollcall lists, is verified, and has its list again after a restart', async () => {
  const data = join(dir, 'start');
  const pbxs = { none: 'ami://u:s@127.0.0.1:1' };
  const args = ['--log', log()];
  const capture = join(import.meta.dirname, '../captures/a22-masq/ami.raw.gz');
  // What the operators' commands go by.
  vi.stubEnv('ROLLCALL_LOG', log());
  const imported = await rollcall('import', '--pbx', 'masq', '--ami', capture, '--data', join(dir, 'import'), ...args);
  expect(imported).toMatchObject({ code: 0, err: '' });
  for (const round of [1, 2]) {
    const running = await startRollcall({ data, pbxs, args });
    expect(
      (await running.list()).pbxs.map(({ name }) => name),
      `round ${round}`,
    ).toContain('masq');
    if (round === 2) await operated(data);
    expect(await running.stop()).toBe(0);
  }
  // By themselves, beside nobody.
  expect(await rollcall('channels', '--data', data)).toMatchObject({
    code: 0,
    out: expect.stringContaining('0 active'),
  });
  expect(await rollcall('log', 'tail', '-n', '3', '--data', data)).toMatchObject({ code: 0 });
  expect(await rollcall('log', 'stats', '--data', data)).toMatchObject({
    code: 2,
    err: expect.stringContaining('NOT_THIS_LOG'),
  });
  expect((await rollcall('doctor', '--data', data)).out).toMatch(/ok +log: server +The event log can be read/);
});

test('ingest and api share it; the api waits for a log that nobody has begun', async () => {
  const api = await start('api');
  expect((await api.get('/v1/channels')).status).toBe(503);
  await waitFor('the reason', async () => JSON.stringify((await api.get('/readyz')).body).includes('LOG_MISSING'));
  const ingest = await start('ingest');
  await ingest.ready();
  await api.ready();
  const count = async () => (await api.get<{ channels: unknown[] }>('/v1/channels')).body.channels.length;
  await waitFor('channels of the demo', async () => (await count()) > 3);
  expect((await api.get('/v1/channels?at=-1s')).status).toBe(200);
  expect(await ingest.stop()).toBe(0);
  expect(await api.stop()).toBe(0);
});

test('a server that is away at the start is waited for, and said in /readyz', async () => {
  await node.stop();
  const ingest = await start('ingest', ...NOBODY);
  await waitFor('it to be said', () => ingest.printed().includes('Waiting for the event log'));
  expect((await ingest.get('/readyz')).status).toBe(503);
  await node.start();
  await ingest.ready();
  expect(await ingest.stop()).toBe(0);
});
