import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { enginesOf } from './engines.ts';
import { settingsSchema } from './schema.ts';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-engines-'));
afterAll(() => rmSync(dir, { recursive: true }));

const engines = (input: object) => enginesOf(settingsSchema.parse(input));
const told = (input: object) => engines(input).then(String, (error: Error) => error.message);

describe('where the log is and where the list is published', () => {
  test('the embedded log, and nowhere, unless something is said', async () => {
    expect(await engines({})).toEqual({ log: { is: 'embedded' }, publish: undefined });
  });

  test('by name, with the address of a setting', async () => {
    expect(await engines({ log: 'kafka', kafka: 'kafka://a:9092,b:9093', logPartitions: '4' })).toEqual({
      log: { is: 'kafka', connection: { brokers: ['a:9092', 'b:9093'] }, partitions: 4 },
      publish: { brokers: ['a:9092', 'b:9093'] },
    });
    expect(
      await engines({ log: 'eventstore', eventstore: 'esdb://e:2113?tls=false', publish: 'kafka://k:9092' }),
    ).toEqual({
      log: { is: 'eventstore', connection: 'esdb://e:2113?tls=false' },
      publish: { brokers: ['k:9092'] },
    });
  });

  test('by address; a log in Kafka is published there too, or where it is said', async () => {
    expect((await engines({ log: 'kurrentdb+discover://e' })).log).toMatchObject({ is: 'eventstore' });
    expect((await engines({ log: 'kafka://a:1' })).publish).toEqual({ brokers: ['a:1'] });
    expect((await engines({ log: 'kafka://a:1', publish: 'kafka' })).publish).toEqual({ brokers: ['a:1'] });
    expect((await engines({ log: 'kafka://a:1', publish: 'kafka://b:1' })).publish).toEqual({ brokers: ['b:1'] });
  });

  test('the password and the authority come from files', async () => {
    const kafkaSecretFile = join(dir, 'secret');
    writeFileSync(kafkaSecretFile, 'hush hush\n');
    const { publish } = await engines({ publish: 'kafka://user@k:9092', kafkaSecretFile });
    expect(publish).toMatchObject({ sasl: { username: 'user', password: 'hush hush' } });
  });
});

describe('what cannot be meant is refused, and shows no secret', () => {
  test.each([
    [{ log: 'kafka' }, 'log is kafka, and no setting says where that is'],
    [{ log: 'eventstore' }, 'log is eventstore, and no setting says where that is'],
    [{ publish: 'kafka' }, 'publish is kafka, and no setting says where that is'],
    [{ publish: 'kafka://u:hush@k' }, 'broker 1 ("k") is not HOST:PORT'],
    [{ publish: 'kafka://u@k:1', kafkaSecretFile: '/nowhere/secret' }, 'kafkaSecretFile cannot be read: ENOENT'],
    [{ publish: 'kafka://k:1', kafkaCaFile: '/dev/null' }, 'the connection is plain'],
  ])('%j', async (input, message) => {
    expect(await told(input)).toContain(message);
    expect(await told(input)).not.toContain('hush');
  });

  test.each([
    [{ log: 'files' }],
    [{ log: 'http://a' }],
    [{ publish: 'embedded' }],
    [{ publish: 'esdb://e' }],
    [{ eventstore: 'kafka://k:1' }],
    [{ logPartitions: '0' }],
    [{ logPartitions: 'many' }],
    [{ logReplication: 1.5 }],
  ])('%j', (input) => {
    expect(settingsSchema.safeParse(input).success).toBe(false);
  });
});
