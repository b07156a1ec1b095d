import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { created, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { type Node, startNode } from '../../../../test/eventstore/double/node.ts';
import { openEventStoreLog } from './eventstore-log.ts';

const dir = mkdtempSync(join(tmpdir(), 'eventstore-tls-'));
const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
let node: Node;

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...how, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  node = await startNode({
    tls: { key: readFileSync(key), cert: readFileSync(cert) },
    users: { rollcall: 'p@ss:w/rd' },
  });
});
afterAll(async () => {
  await node.stop();
  rmSync(dir, { recursive: true });
});

const open = (login: string, options: string, host = 'localhost') =>
  openEventStoreLog({ connection: `esdb://${login}${host}:${node.port}?${options}`, world: systemWorld });

test('over TLS, with a certificate authority and a password out of one connection string', async () => {
  const log = await open('rollcall:p%40ss%3Aw%2Frd@', `tls=true&tlsCAFile=${cert}`);
  await log.append(streamOf('1'), 'none', [created()]);
  expect(await collect(log.readAll(START))).toHaveLength(1);
  await log.close();
});

test('a wrong password is LOG_ACCESS_DENIED, and not repeated', async () => {
  const refused = await open('rollcall:s3cret@', `tlsCAFile=${cert}`).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'LOG_ACCESS_DENIED' });
  expect(`${refused}${JSON.stringify(refused)}`).not.toContain('s3cret');
});

test('a certificate that nobody vouches for is LOG_UNAVAILABLE, and says so', async () => {
  await expect(open('rollcall:s3cret@', 'defaultDeadline=3000')).rejects.toMatchObject({
    code: 'LOG_UNAVAILABLE',
    message: expect.stringMatching(/certificate/i),
  });
});

test('a node named by its address, which Node does not take for TLS, is LOG_ADDRESS_INVALID, and says what to do', async () => {
  await expect(open('rollcall:p%40ss%3Aw%2Frd@', `tlsCAFile=${cert}`, '127.0.0.1')).rejects.toMatchObject({
    code: 'LOG_ADDRESS_INVALID',
    advice: expect.stringContaining('DNS'),
  });
});
