import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import { rollcall, waitFor } from '../support/rollcall-process.ts';
import { startService } from './service-process.ts';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-refused-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

await describeWithKafka('what a Kafka refuses is said in one line', '4', { sasl: true, tls: true }, (kafka) => {
  const secret = (password: string): string[] => {
    const file = join(dir, `${password}.secret`);
    writeFileSync(file, `${password}\n`);
    return ['--kafka-secret-file', file];
  };
  const address = (user: string): string => `kafka://${user}@${kafka().bootstrap}?mechanism=plain`;
  const ingest = (...args: string[]) =>
    rollcall('ingest', '--http', 'off', '--log-level', 'error', '--data', join(dir, 'ingest'), ...args);

  test('by ingest: wrong password, missing permission, other partitions', async () => {
    const { admin, limited } = kafka().sasl;
    const login = await ingest('--log', address(admin.username), ...secret('not-the-password'));
    expect(login).toMatchObject({ code: 2, err: expect.stringContaining('LOG_LOGIN_REFUSED') });
    expect(login.err).not.toContain('not-the-password');
    const allowed = await ingest('--log', address(limited.username), ...secret(limited.password));
    expect(allowed).toMatchObject({ code: 2, err: expect.stringContaining('LOG_NOT_ALLOWED') });
    expect(allowed.err).toContain('kafka-acls.sh');
    const made = await startService(
      ...(['ingest', '--data', join(dir, 'made'), '--log', address(admin.username)] as const),
      ...secret(admin.password),
    );
    await made.ready();
    expect(await made.stop()).toBe(0);
    const partitions = await ingest(
      '--log',
      address(admin.username),
      ...secret(admin.password),
      '--log-partitions',
      '3',
    );
    expect(partitions).toMatchObject({
      code: 2,
      err: expect.stringMatching(/LOG_TOPIC_WRONG.*has 1 partitions, not 3/),
    });
  }, 120_000);

  test('by projector and api, which go on trying', async () => {
    for (const service of ['projector', 'api']) {
      const args = ['--log', address('nobody'), ...secret('nothing'), '--data', join(dir, service)];
      const process = await startService(service, ...args);
      await waitFor('the refusal in /readyz', async () =>
        JSON.stringify((await process.get('/readyz')).body).includes('LOGIN_REFUSED'),
      );
      expect((await process.get('/readyz')).status).toBe(503);
      expect((await process.get('/healthz')).status).toBe(200);
      expect(await process.stop()).toBe(0);
    }
  }, 120_000);
});
