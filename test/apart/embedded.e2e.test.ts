import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rollcall, waitFor } from '../support/rollcall-process.ts';
import { startService } from './service-process.ts';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-apart-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('ingest writes the data directory, and an api beside it reads it', async () => {
  const data = join(dir, 'shared');
  const ingest = await startService('ingest', '--data', data);
  const api = await startService('api', '--data', data);
  await Promise.all([ingest.ready(), api.ready()]);
  const list = async () => (await api.get<{ channels: unknown[]; position: number }>('/v1/channels')).body;
  await waitFor('channels of the demo', async () => (await list()).channels.length > 3);
  expect((await api.get('/v1/channels?at=0')).status).toBe(200);
  const { channels } = (await api.get<{ channels: { pbx: string; uniqueid: string }[] }>('/v1/channels')).body;
  const one = `/v1/channels/${channels[0]?.pbx}/${channels[0]?.uniqueid}`;
  expect(await api.get(`${one}/timeline`)).toMatchObject({ status: 200 });
  expect((await ingest.get('/ari/channels')).status).toBe(404);
  expect((await ingest.get('/healthz')).body).toEqual({ status: 'ok' });
  const second = await rollcall('ingest', '--data', data, '--http', 'off');
  expect(second).toMatchObject({ code: 2, err: expect.stringContaining('DATA_DIR_IN_USE') });
  expect(await ingest.stop()).toBe(0);
  expect(await api.stop()).toBe(0);
});

test.each([
  [['projector'], 'SETTINGS_WRONG: publish is not given'],
  [['ingest', '--log', 'kafka://u:hush@h'], 'KAFKA_SETTINGS'],
  [['ingest', '--log', 'esdb://u:hush@h?colour=red'], 'LOG_ADDRESS_INVALID'],
  [['ingest', '--pbx', 'a=sip://h'], 'PBX_ADDRESS'],
  [['api', '--http', 'off'], 'SETTINGS_WRONG: http is off'],
  [['api', '--http', '0.0.0.0:0', '--log-level', 'error'], 'HTTP_NOT_LOOPBACK'],
  [['ingest', '--http', '0.0.0.0:0'], 'HTTP_NOT_LOOPBACK'],
  [['start', '--log', 'kafka://h:1', '--kafka-secret-file', '/nowhere'], 'kafkaSecretFile cannot be read'],
])('%j is refused with one line', async (args, line) => {
  const { code, err } = await rollcall(...args, '--data', join(dir, 'refused'));
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(line) });
  expect(err).not.toContain('hush');
  expect(err.trimEnd().split('\n')).toHaveLength(1);
});

test.each(['ingest', 'projector', 'api'])('%s says what it takes', async (service) => {
  const { code, out } = await rollcall(service, '--help');
  expect(code).toBe(0);
  for (const part of ['--log <engine>', '--kafka-secret-file <file>', '--http <host:port>', 'Examples:'])
    expect(out).toContain(part);
});
