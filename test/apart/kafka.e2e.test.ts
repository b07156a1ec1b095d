import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import { connectJudge } from '../asterisk/judge.ts';
import { findAsterisk } from '../asterisk/lab.ts';
import { startTraffic } from '../asterisk/traffic.ts';
import { rollcall, waitFor } from '../support/rollcall-process.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { liveOnTopic, untilOnTopic } from './topic-by-kcat.ts';

const asterisk = await findAsterisk('22');
if (!asterisk.found) console.warn(`SKIPPED: ${asterisk.reason}`);

const dir = mkdtempSync(join(tmpdir(), 'rollcall-apart-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const capture = (name: string): string => join(import.meta.dirname, '../captures', name, 'ami.raw.gz');

/** The beginning of a recording, so that calls are up at its end. */
const cut = (name: string, share: number): string => {
  const bytes = gunzipSync(readFileSync(capture(name)));
  const file = join(dir, `${name}-cut.raw`);
  writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length * share)));
  return file;
};

await describeWithKafka('the services, each in a process of its own', '4', {}, (kafka) => {
  const started: ServiceProcess[] = [];
  const start = async (service: string, ...args: string[]): Promise<ServiceProcess> => {
    const data = join(dir, `${service}-${started.length}`);
    const process = await startService(service, '--data', data, '--log', `kafka://${kafka().bootstrap}`, ...args);
    started.push(process);
    return process;
  };
  afterAll(() => Promise.all(started.map((one) => one.kill9())));

  const importing = async (pbx: string, file: string): Promise<void> => {
    const log = ['--log', `kafka://${kafka().bootstrap}`, '--log-partitions', '2', '--data', join(dir, 'import')];
    const { code, err } = await rollcall('import', '--pbx', pbx, '--ami', file, ...log);
    expect(code, err).toBe(0);
  };

  let first: ServiceProcess;
  let api: ServiceProcess;
  const served = async (pbx: string): Promise<string[]> => {
    const { body } = await api.get<{ channels: { pbx: string; uniqueid: string }[] }>('/v1/channels');
    return body.channels.filter((one) => one.pbx === pbx).map(({ uniqueid }) => `${pbx}/${uniqueid}`);
  };

  test('what recordings end with is on the topic, and nothing else: none where they drained, those that were up where they were cut', async () => {
    first = await start('projector');
    api = await start('api');
    expect((await api.get('/v1/channels')).status).toBe(503);
    await importing('drained', capture('a22-masq'));
    await Promise.all([first.ready(), api.ready()]);
    await importing('crashed', capture('a16-crash'));
    const part = cut('a22-load', 0.5);
    await importing('cut', part);
    const alone = await rollcall('import', '--pbx', 'cut', '--ami', part, '--data', join(dir, 'alone'));
    expect(alone.code).toBe(0);
    const tail = await rollcall('channels', '--data', join(dir, 'alone'), '--json');
    const up = JSON.parse(tail.out).map(({ uniqueid }: { uniqueid: string }) => `cut/${uniqueid}`);
    expect(up.length).toBeGreaterThan(10);
    await untilOnTopic(kafka().inside, 'cut', async () => up);
    await untilOnTopic(kafka().inside, 'drained', async () => []);
    await untilOnTopic(kafka().inside, 'crashed', async () => []);
    expect((await api.get('/v1/channels?at=-1s')).body).toMatchObject({ code: 'AT_NOT_HERE' });
    const whole = await start('start', '--log-partitions', '2', '--pbx', 'none=ami://u:s@127.0.0.1:1');
    await whole.ready();
    const { body } = await whole.get<{ channels: unknown[] }>('/v1/channels?pbx=cut');
    expect(body.channels).toHaveLength(up.length);
    expect(await whole.stop()).toBe(0);
  }, 120_000);

  test.skipIf(!asterisk.found)(
    'a real Asterisk: at a quiet moment exactly its channels, after the traffic none, although a projector is killed',
    async () => {
      if (!asterisk.found) return;
      const pbx = await asterisk.start('apart');
      const judge = await connectJudge(pbx.ami);
      try {
        const { user, secret, host, port } = pbx.ami;
        const ingest = await start(
          'ingest',
          '--log-partitions',
          '2',
          '--pbx',
          `real=ami://${user}:${secret}@${host}:${port}`,
        );
        await start('projector');
        await ingest.ready();
        await waitFor('the PBX to be live', async () =>
          (await ingest.get<{ pbxs: { state: string }[] }>('/readyz')).body.pbxs.some(({ state }) => state === 'live'),
        );
        const traffic = startTraffic(pbx, { rate: 8, seconds: 6, seed: 4 });
        await waitFor('some of it on the topic', async () => (await liveOnTopic(kafka().inside, 'real')).length > 0);
        await first.kill9();
        await traffic.finished;
        await traffic.drained();
        for (let call = 0; call < 6; call++)
          await judge.originate('Local/echo@default/n', { Application: 'Wait', Data: '600' });
        const really = async () => (await judge.status()).map(({ Uniqueid }) => `real/${Uniqueid}`);
        await waitFor('the calls', async () => (await really()).length >= 12);
        await untilOnTopic(kafka().inside, 'real', really);
        await waitFor('the api to list them', async () => (await served('real')).length === (await really()).length);
        await judge.hangup('/^Local/');
        await waitFor('silence', async () => (await really()).length === 0);
        await untilOnTopic(kafka().inside, 'real', async () => []);
        expect(await served('real')).toEqual([]);
        expect(await ingest.stop()).toBe(0);
        expect(await api.stop()).toBe(0);
      } finally {
        judge.close();
        await pbx.stop();
      }
    },
    180_000,
  );
});
