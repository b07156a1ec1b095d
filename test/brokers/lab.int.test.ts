import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { allowWrite, clientOf, createTopic, patience, write } from './client.ts';
import { brokersOf, partitionsOf, readTopic } from './judge.ts';
import type { Broker, Kafka, KafkaOptions, KafkaVersion } from './kafka.ts';
import { findKafka } from './lab.ts';
import { canMount, mountSmallDisk } from './small-disk.ts';

const versions: readonly KafkaVersion[] = ['3.9', '4'];

for (const version of versions) {
  const found = await findKafka(version);
  if (!found.found) {
    console.warn(`SKIPPED: ${found.reason}`);
    test.skip(`Kafka ${version}: ${found.reason}`, () => undefined);
    continue;
  }

  /** Starts one for the tests of a `describe`. */
  const running = (options: KafkaOptions): (() => Kafka) => {
    let kafka: Kafka | undefined;
    beforeAll(async () => {
      kafka = await found.start(options);
    });
    afterAll(() => kafka?.stop());
    return () => {
      if (!kafka) throw new Error('not started');
      return kafka;
    };
  };

  describe(`Kafka ${version} (${found.where}), one broker`, () => {
    const kafka = running({});

    test('the judge reads what a client wrote: tombstones, headers, nothing of an empty topic', async () => {
      const client = clientOf(kafka());
      const topic = await createTopic(kafka(), client, { numPartitions: 2 });
      expect(await readTopic(kafka().inside, topic)).toEqual([]);
      await write(client, topic, [
        { partition: 0, key: 'a', value: '{"é":1}', headers: { kind: 'one', from: ['x', 'y'] } },
        { partition: 1, key: 'b', value: '' },
        { partition: 0, key: 'a', value: null },
      ]);
      const records = await readTopic(kafka().inside, topic);
      const headers = Object.entries({ kind: 'one', from: 'x' });
      expect(records.filter(({ partition }) => partition === 0)).toMatchObject([
        { offset: 0, key: 'a', value: '{"é":1}', headers: [...headers, ['from', 'y']] },
        { offset: 1, key: 'a', value: null, headers: [] },
      ]);
      expect(records.filter(({ partition }) => partition === 1)).toMatchObject([{ offset: 0, key: 'b', value: '' }]);
      expect(records).toHaveLength(3);
      await expect(readTopic(kafka().inside, 'no-such-topic')).rejects.toThrow('Unknown topic');
    });

    test('a paused broker answers nothing until it is resumed', async () => {
      const client = clientOf(kafka());
      const topic = await createTopic(kafka(), client);
      const hasty = clientOf(kafka(), { requestTimeout: 500, connectionTimeout: 500, retry: { retries: 0 } });
      const broker = only(kafka());
      await broker.pause();
      await expect(write(hasty, topic, [{ value: 'too late' }])).rejects.toThrow('timed out');
      await broker.resume();
      await write(client, topic, [{ value: 'in time' }]);
      expect(await readTopic(kafka().inside, topic)).toMatchObject([{ value: 'in time' }]);
    });

    test('killed with SIGKILL and started again it has what it acknowledged', async () => {
      const client = clientOf(kafka());
      const topic = await createTopic(kafka(), client);
      await write(client, topic, [{ value: 'acknowledged' }]);
      const broker = only(kafka());
      await broker.kill9();
      expect(await broker.exited()).toBe('SIGKILL');
      await expect(brokersOf(kafka().inside)).rejects.toThrow('transport failure');
      await broker.start();
      expect(await readTopic(kafka().inside, topic)).toMatchObject([{ value: 'acknowledged' }]);
    });
  });

  describe(`Kafka ${version} (${found.where}), three brokers`, () => {
    const kafka = running({ brokers: 3 });

    for (const harm of ['kill9', 'pause', 'stop'] as const) {
      test(`after ${harm} of its leader a topic stays writable with acks -1, and the broker comes back in sync`, async () => {
        const client = clientOf(kafka());
        const topic = await createTopic(kafka(), client, { replicationFactor: 3 });
        const leader = (await partitionsOf(kafka().inside, topic))[0]?.leader;
        const broker = kafka().brokers.find(({ id }) => id === leader);
        const apart = (addresses: readonly string[]) => addresses.filter((_, i) => kafka().brokers[i] !== broker);
        await write(client, topic, [{ value: 'before' }]);

        await broker?.[harm]();
        const state = async () => (await partitionsOf(apart(kafka().inside), topic))[0];
        // Each of the others has to know it: a client that asks one which does not would wait for the old leader.
        for (const address of apart(kafka().inside)) {
          await vi.waitFor(async () => {
            const [now] = await partitionsOf([address], topic);
            expect(now?.inSync).toHaveLength(2);
            expect(now?.inSync).toContain(now?.leader);
          }, patience);
        }
        // A kafkajs that waits for a paused leader does not look for the next one: a new one, which knows no other, does.
        await write(clientOf(kafka(), { brokers: apart(kafka().bootstrap) }), topic, [{ value: 'meanwhile' }]);

        await (harm === 'pause' ? broker?.resume() : broker?.start());
        await vi.waitFor(async () => expect((await state())?.inSync).toHaveLength(3), patience);
        const values = (await readTopic(kafka().inside, topic)).map(({ value }) => value);
        expect(values).toEqual(['before', 'meanwhile']);
      });
    }
  });

  describe(`Kafka ${version} (${found.where}), SASL and TLS`, () => {
    const kafka = running({ sasl: true, tls: true });
    const plain = (user: { username: string; password: string }) =>
      ({ sasl: { mechanism: 'plain', ...user } }) as const;
    const hasty = { retry: { retries: 0 } };

    test('refuses a wrong password and a client that does not log in', async () => {
      const wrong = clientOf(kafka(), { ...plain({ ...kafka().sasl.admin, password: 'wrong' }), ...hasty });
      await expect(createTopic(kafka(), wrong)).rejects.toThrow('Authentication failed');
      await expect(createTopic(kafka(), clientOf(kafka(), hasty))).rejects.toThrow();
    });

    test('lets a user do what an ACL allows and no more', async () => {
      const admin = clientOf(kafka(), plain(kafka().sasl.admin));
      const topic = await createTopic(kafka(), admin);
      const limited = clientOf(kafka(), { ...plain(kafka().sasl.limited), ...hasty });
      await expect(write(limited, topic, [{ value: 'refused' }])).rejects.toThrow('Not authorized');
      await allowWrite(admin, kafka().sasl.limited.username, topic);
      await write(limited, topic, [{ value: 'allowed' }]);
      expect(await readTopic(kafka().inside, topic)).toMatchObject([{ value: 'allowed' }]);
    });

    test('speaks TLS to those who trust its certificate', async () => {
      const { bootstrap, ca } = kafka().tls;
      const tls = { brokers: [...bootstrap], ...plain(kafka().sasl.admin) };
      await createTopic(kafka(), clientOf(kafka(), { ...tls, ssl: { ca } }));
      await expect(createTopic(kafka(), clientOf(kafka(), { ...tls, ssl: true, ...hasty }))).rejects.toThrow(
        'self-signed',
      );
    });
  });

  describe(`Kafka ${version} (${found.where}), its surroundings`, () => {
    test.skipIf(!canMount)('a full disk ends the broker, and with room again it has what it acknowledged', async () => {
      const disk = await mountSmallDisk(8);
      onTestFinished(disk.remove);
      const kafka = await found.start({ logDirectory: () => join(disk.directory, 'log') });
      onTestFinished(kafka.stop);
      const client = clientOf(kafka, { retry: { retries: 1 } });
      const topic = await createTopic(kafka, client);
      let acknowledged = 0;
      await expect(async () => {
        for (;;) {
          await write(client, topic, [{ value: 'x'.repeat(500_000) }]);
          acknowledged += 1;
        }
      }).rejects.toThrow();
      expect(await only(kafka).exited()).toBe('exit code 1');
      expect(await only(kafka).log()).toContain('No space left on device');
      await disk.grow(64);
      await only(kafka).start();
      expect((await readTopic(kafka.inside, topic)).length).toBeGreaterThanOrEqual(acknowledged);
    });
  });
}

function only(kafka: Kafka): Broker {
  const [broker] = kafka.brokers;
  if (!broker) throw new Error('it has no broker');
  return broker;
}
