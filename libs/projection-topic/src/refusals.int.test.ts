import { createServer } from 'node:net';
import { join } from 'node:path';
import type { KafkaConnection } from '@rollcall/kafka';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Kafka } from '../../../test/brokers/kafka.ts';
import { findKafka } from '../../../test/brokers/lab.ts';
import { canMount, mountSmallDisk } from '../../../test/brokers/small-disk.ts';
import { describeWithKafka, freshTopics } from './testing/a-kafka.ts';
import { createList } from './testing/a-list.ts';
import { publisherOf, viewOf } from './testing/ends.ts';
import { asJson, judged } from './testing/judged.ts';
import { administer, createTopic, setTopic, write } from './testing/raw-client.ts';

const PATIENT = { timeout: 30_000, interval: 100 };
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const COMPACT = { 'cleanup.policy': 'compact' };

await describeWithKafka('a topic that exists', '4', {}, (kafka) => {
  test.each([
    ['cleanup.policy', 'delete', 'cleanup.policy=compact'],
    ['cleanup.policy', 'compact,delete', 'cleanup.policy=compact'],
    ['delete.retention.ms', '60000', 'delete.retention.ms=86400000'],
    ['unclean.leader.election.enable', 'true', 'unclean.leader.election.enable=false'],
    ['compression.type', 'zstd', 'compression.type=producer'],
    ['max.message.bytes', '1000', 'max.message.bytes=1048588'],
  ])(
    'with %s=%s is refused, with the command that mends it; once mended, publishing begins by itself',
    async (name, value, mended) => {
      const topics = freshTopics();
      await createTopic(kafka(), topics.channels, { ...COMPACT, [name]: value });
      const list = createList();
      list.put('7.1');
      const publisher = publisherOf(kafka(), topics, list, { partitions: 1 });
      await vi.waitFor(() => expect(publisher.problems).toHaveLength(1), PATIENT);
      expect(publisher.problems[0]).toContain(
        `TOPIC_WRONG: Topic ${topics.channels} cannot hold the live channels: ${name} is ${value} (`,
      );
      expect(publisher.problems[0]).toContain(`kafka-configs.sh --bootstrap-server ${kafka().bootstrap[0]} --alter`);
      expect(publisher.problems[0]).toMatch(new RegExp(`--entity-name ${topics.channels} --add-config .*${mended}`));
      const [setting = '', right = ''] = mended.split('=');
      await setTopic(kafka(), topics.channels, { ...COMPACT, [setting]: right });
      await vi.waitFor(() => expect(publisher.state().problem).toBeUndefined(), PATIENT);
      expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache));
    },
  );

  test('with everything wrong is told of everything at once', async () => {
    const topics = freshTopics();
    await createTopic(kafka(), topics.channels, { 'delete.retention.ms': '1', 'compression.type': 'lz4' });
    const publisher = publisherOf(kafka(), topics, createList(), { partitions: 1 });
    await vi.waitFor(() => expect(publisher.problems).toHaveLength(1), PATIENT);
    expect(publisher.problems[0]).toMatch(
      /cleanup\.policy is delete .*delete\.retention\.ms is 1 .*compression\.type is lz4 /,
    );
  });

  test('with another number of partitions than the event log is refused', async () => {
    const topics = freshTopics();
    await createTopic(kafka(), topics.channels, COMPACT, 2);
    const publisher = publisherOf(kafka(), topics, createList(), { partitions: 3 });
    await vi.waitFor(() => expect(publisher.problems).toHaveLength(1), PATIENT);
    expect(publisher.problems[0]).toMatch(/TOPIC_WRONG: .* has 2 partitions, not 3 .*kafka-topics.sh --delete/);
  });

  test('and was given more partitions is refused: what is over would stay in the old ones', async () => {
    const topics = freshTopics();
    const list = createList();
    for (let n = 0; n < 20; n++) list.put(`7.${n}`);
    const before = publisherOf(kafka(), topics, list);
    await before.reconcile();
    await before.close();
    await administer(kafka(), (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: topics.channels, count: 4 }] }),
    );
    const publisher = publisherOf(kafka(), topics, list, { partitions: 4 });
    await vi.waitFor(() => expect(publisher.problems).toHaveLength(1), PATIENT);
    expect(publisher.problems[0]).toMatch(
      /TOPIC_WRONG: .*made with fewer partitions than the 4 it has.*kafka-topics.sh --delete/,
    );
    // Done as told: it begins by itself.
    await administer(kafka(), (admin) => admin.deleteTopics({ topics: [topics.channels] }));
    await vi.waitFor(async () => expect(await judged(kafka(), topics.channels)).toEqual(asJson(list.cache)), PATIENT);
  });
});

/** Rollcall's own words for what is wrong, from both ends. */
const problemsOf = async (kafka: Kafka, connection: KafkaConnection): Promise<[string, string]> => {
  const topics = freshTopics();
  const publisher = publisherOf(kafka, topics, createList(), { kafka: connection });
  const view = viewOf(kafka, topics, connection);
  await vi.waitFor(() => expect(publisher.problems.length * view.problems.length).toBeGreaterThan(0), PATIENT);
  const both: [string, string] = [publisher.problems[0] ?? '', view.problems[0] ?? ''];
  await Promise.all([publisher.close(), view.close()]);
  return both;
};

await describeWithKafka('a Kafka that asks for a login, over TLS', '4', { sasl: true, tls: true }, (kafka) => {
  const allow = (operation: number, resourceType: number, resourceName: string) =>
    administer(kafka(), (admin) =>
      admin.createAcls({
        acl: [
          {
            resourceType,
            resourceName,
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: `User:${kafka().sasl.limited.username}`,
            host: '*',
            operation,
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      }),
    );
  const secure = (more: Partial<KafkaConnection> = {}): KafkaConnection => ({
    brokers: kafka().tls.bootstrap,
    ssl: { ca: [kafka().tls.ca] },
    sasl: { mechanism: 'plain', ...kafka().sasl.admin },
    ...more,
  });

  test('is published to and followed', async () => {
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka(), topics, list, { kafka: secure() });
    await publisher.publish(list.put('7.1'));
    const view = viewOf(kafka(), topics, secure());
    await view.ready;
    expect([view.size, publisher.problems, view.problems]).toEqual([1, [], []]);
  });

  test('and gets a wrong password says so, without the password', async () => {
    const password = 'not-the-right-one';
    const sasl = { mechanism: 'plain' as const, username: kafka().sasl.admin.username, password };
    for (const line of await problemsOf(kafka(), secure({ sasl }))) {
      expect(line).toMatch(/^KAFKA_LOGIN_REFUSED: Kafka .*Check the user, the password and the SASL mechanism/);
      expect(line).not.toContain(password);
    }
  });

  test('by another mechanism says so', async () => {
    const sasl = { mechanism: 'scram-sha-512' as const, ...kafka().sasl.admin };
    for (const line of await problemsOf(kafka(), secure({ sasl }))) expect(line).toMatch(/^KAFKA_LOGIN_REFUSED: /);
  });

  test('and gets none says what may be missing', async () => {
    for (const line of await problemsOf(kafka(), { brokers: kafka().bootstrap })) {
      expect(line).toMatch(/^KAFKA_UNREACHABLE: .*\(sasl\)/);
    }
  });

  test('whose certificate nobody vouches for says so', async () => {
    for (const line of await problemsOf(kafka(), secure({ ssl: true }))) {
      expect(line).toMatch(/^KAFKA_TLS: .*self-signed certificate.*ssl\.ca/);
    }
  });

  test('spoken to without TLS, or with TLS on the other port, says so', async () => {
    for (const line of await problemsOf(kafka(), secure({ ssl: false }))) {
      expect(line).toMatch(/^KAFKA_(UNREACHABLE|TLS): .*TLS/);
    }
    for (const line of await problemsOf(kafka(), secure({ brokers: kafka().bootstrap }))) {
      expect(line).toMatch(/^KAFKA_(UNREACHABLE|TLS): .*TLS/);
    }
  });

  test('under another host name than its certificate has says so', async () => {
    const ssl = { ca: [kafka().tls.ca], servername: 'kafka.example' };
    for (const line of await problemsOf(kafka(), secure({ ssl }))) expect(line).toMatch(/^KAFKA_TLS: .*host name/);
  });

  test('that does not allow this user what it needs says so, and goes on once it does', async () => {
    const topics = freshTopics();
    const list = createList();
    list.put('7.1');
    const limited = secure({ sasl: { mechanism: 'plain', ...kafka().sasl.limited } });
    const view = viewOf(kafka(), topics, limited);
    await vi.waitFor(() => expect(view.problems[0]).toMatch(/^(KAFKA_FORBIDDEN|TOPIC_MISSING): /), PATIENT);
    const publisher = publisherOf(kafka(), topics, list, { kafka: limited });
    await vi.waitFor(
      () => expect(publisher.problems[0]).toMatch(/^KAFKA_FORBIDDEN: .*kafka-acls.sh --add: .*Create/),
      PATIENT,
    );

    const { DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE, CREATE } = AclOperationTypes;
    for (const topic of [topics.channels, topics.status]) {
      for (const operation of [CREATE, DESCRIBE, DESCRIBE_CONFIGS, READ])
        await allow(operation, AclResourceTypes.TOPIC, topic);
    }
    await view.ready;
    await vi.waitFor(() => expect(publisher.problems.at(-1)).toMatch(/^KAFKA_FORBIDDEN: .*Write/), PATIENT);
    for (const topic of [topics.channels, topics.status]) await allow(WRITE, AclResourceTypes.TOPIC, topic);
    await vi.waitFor(() => expect(view.size).toBe(1), PATIENT);
    await vi.waitFor(
      () => expect([publisher.problems.at(-1), view.problems.at(-1)]).toEqual(['well again', 'well again']),
      PATIENT,
    );
  });

  test('that does not let a reader see the settings of a topic is followed all the same', async () => {
    const topics = freshTopics();
    const list = createList();
    list.put('7.1');
    await publisherOf(kafka(), topics, list, { kafka: secure() }).reconcile();
    for (const topic of [topics.channels, topics.status]) {
      for (const operation of [AclOperationTypes.DESCRIBE, AclOperationTypes.READ])
        await allow(operation, AclResourceTypes.TOPIC, topic);
    }
    const view = viewOf(kafka(), topics, secure({ sasl: { mechanism: 'plain', ...kafka().sasl.limited } }));
    await view.ready;
    expect([view.size, view.problems]).toEqual([1, []]);
  });
});

await describeWithKafka('an address', '4', {}, (kafka) => {
  test('where nobody listens, or whose name is not known, is told as such', async () => {
    for (const line of await problemsOf(kafka(), { brokers: ['127.0.0.1:1'] })) {
      expect(line).toMatch(/^KAFKA_UNREACHABLE: Kafka broker 127\.0\.0\.1:1: .*refused/);
    }
    for (const line of await problemsOf(kafka(), { brokers: ['no-such-host.invalid:9092'] })) {
      expect(line).toMatch(/^KAFKA_UNREACHABLE: .*no-such-host\.invalid:9092: .*its name/);
    }
  });

  test('where something else listens is told as such', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    for (const line of await problemsOf(kafka(), { brokers: [`127.0.0.1:${port}`] })) {
      expect(line).toMatch(/^KAFKA_UNREACHABLE: /);
    }
    server.close();
  });
});

test.skipIf(!canMount)(
  'a broker whose disk is full is told as such; with room again, publishing goes on by itself',
  async () => {
    const found = await findKafka('4');
    if (!found.found) return console.warn(`SKIPPED: ${found.reason}`);
    const disk = await mountSmallDisk(8);
    onTestFinished(disk.remove);
    const kafka = await found.start({ logDirectory: () => join(disk.directory, 'log') });
    onTestFinished(kafka.stop);
    const topics = freshTopics();
    const list = createList();
    const publisher = publisherOf(kafka, topics, list);
    await publisher.publish(list.put('7.1'));

    await createTopic(kafka, 'filler', {});
    const filler = { value: Buffer.alloc(500_000, 'x') };
    let isFull = false;
    const filling = (async () => {
      while (!isFull) await write(kafka, 'filler', [filler]);
    })();
    // It may fail, or be written once there is room again: then it must not go on, and fill that too.
    const filled = Promise.allSettled([filling]);
    const [broker] = kafka.brokers;
    expect(await broker?.exited()).toBe('exit code 1');
    isFull = true;
    publisher.publish(list.put('7.2'));
    await vi.waitFor(() => expect(publisher.state().problem?.code).toMatch(/^KAFKA_(DISK|UNREACHABLE)$/), PATIENT);
    await disk.grow(64);
    await broker?.start();
    await publisher.publish(list.put('7.3'));
    expect(await judged(kafka, topics.channels)).toEqual(asJson(list.cache));
    await filled;
  },
  120_000,
);
