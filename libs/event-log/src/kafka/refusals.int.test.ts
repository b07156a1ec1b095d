import { createServer, type Socket } from 'node:net';
import { START } from '@rollcall/channel';
import type { RollcallError } from '@rollcall/errors';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaUser } from '../../../../test/brokers/lab.ts';
import { created, streamOf } from '../../../../test/contract/event-log.events.ts';
import { collect } from '../../../../test/contract/event-log.reader.ts';
import { clientOf } from './client.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
type Operation = 'CREATE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS' | 'READ' | 'WRITE';

const login = ({ username, password }: KafkaUser) => ({ mechanism: 'plain' as const, username, password });

await withKafka('4', { sasl: true, tls: true }, (kafka) => {
  const { open, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  let admin: Admin;
  beforeAll(async () => {
    admin = clientOf({ brokers: kafka().inside }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());
  afterEach(cleanup);

  const allow = (topic: string, ...operations: Operation[]) =>
    admin.createAcls({
      acl: operations.map((operation) => ({
        resourceType: AclResourceTypes.TOPIC,
        resourceName: topic,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: `User:${kafka().sasl.limited.username}`,
        host: '*',
        operation: AclOperationTypes[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    });
  const refusal = async (options: Parameters<typeof open>[0]): Promise<RollcallError | string> => {
    try {
      await open(options);
      return 'opened';
    } catch (error) {
      return error as RollcallError;
    }
  };
  const line = (error: RollcallError | string): string => (typeof error === 'string' ? error : error.line);

  describe('an address', () => {
    test('where nobody listens, or whose name nobody knows, is named with the reason', async () => {
      expect(line(await refusal({ brokers: ['127.0.0.1:1'] }))).toBe(
        'LOG_UNAVAILABLE: Kafka at 127.0.0.1:1 cannot be used: the connection was refused. Check the address, and that the brokers run.',
      );
      expect(line(await refusal({ brokers: ['no-such-host.invalid:9092'] }))).toMatch(
        /^LOG_UNAVAILABLE: Kafka at no-such-host\.invalid:9092 .*its name/,
      );
    });

    test.each([
      ['closes', 'a login (sasl)', (socket: Socket) => socket.destroy()],
      [
        'speaks HTTP',
        'a login (sasl)',
        (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')),
      ],
      ['speaks SSH', 'nothing there speaks as Kafka does', (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
      ['says nothing', 'nothing there speaks as Kafka does', () => {}],
    ])('at which something else listens, that %s, is told in one line', async (_what, told, serve) => {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket.on('error', () => {}));
        serve(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const said = line(await refusal({ brokers: [`127.0.0.1:${port}`] }));
      for (const socket of sockets) socket.destroy();
      server.close();
      expect(said).toMatch(/^LOG_UNAVAILABLE: Kafka at 127\.0\.0\.1:\d+ cannot be used: [^\n]*$/);
      expect(said).toContain(told);
    });

    test('one of several that works is enough', async () => {
      const log = await open({ brokers: ['127.0.0.1:1', ...kafka().bootstrap], sasl: login(kafka().sasl.admin) });
      await log.append(streamOf('1'), 'none', [created()]);
    });
  });

  describe('a login', () => {
    test('with a wrong password or mechanism is refused; the password is nowhere in what is said', async () => {
      const { admin } = kafka().sasl;
      const wrong = await refusal({ sasl: { ...login(admin), password: 'not-the-s3cret' } });
      expect(line(wrong)).toMatch(/^LOG_LOGIN_REFUSED: .*Invalid username or password.*Check the user/);
      expect(line(wrong)).not.toContain('s3cret');
      const mechanism = await refusal({ sasl: { ...login(admin), mechanism: 'scram-sha-256' } });
      expect(line(mechanism)).toMatch(/^LOG_LOGIN_REFUSED: .*mechanism/);
    });

    test('that is missing closes the connection, and the advice says what it may be', async () => {
      expect(line(await refusal({}))).toMatch(/^LOG_UNAVAILABLE: .*TLS \(ssl\) or a login \(sasl\)/);
    });
  });

  describe('TLS', () => {
    test('by a client that trusts the authority works', async () => {
      const { bootstrap, ca } = kafka().tls;
      const log = await open({ brokers: bootstrap, ssl: { ca: [ca] }, sasl: login(kafka().sasl.admin) });
      await log.append(streamOf('1'), 'none', [created()]);
      expect(await collect(log.partition(0).readAll(START))).toHaveLength(1);
    });

    test('with an unknown authority, with a wrong name, at a plain port: LOG_TLS', async () => {
      const { bootstrap, ca } = kafka().tls;
      const sasl = login(kafka().sasl.admin);
      expect(line(await refusal({ brokers: bootstrap, ssl: true, sasl }))).toMatch(/^LOG_TLS: .*self-signed.*ssl\.ca/);
      expect(line(await refusal({ brokers: bootstrap, ssl: { ca: [ca], servername: 'other.example' }, sasl }))).toMatch(
        /^LOG_TLS: .*other\.example/,
      );
      expect(line(await refusal({ ssl: true, sasl }))).toMatch(/^LOG_TLS: .*a port of the broker that speaks TLS/);
    });

    test('that the client does not speak, at a port that does: the advice says so', async () => {
      const sasl = login(kafka().sasl.admin);
      expect(line(await refusal({ brokers: kafka().tls.bootstrap, sasl }))).toMatch(/^LOG_UNAVAILABLE: .*wants TLS/);
    });
  });

  describe('a permission', () => {
    test('that is missing is LOG_NOT_ALLOWED with the command that gives it; once given, it works', async () => {
      const topic = newTopic();
      const { username } = kafka().sasl.limited;
      const sasl = login(kafka().sasl.limited);
      const nothing = await refusal({ topic, sasl });
      expect(line(nothing)).toMatch(/^LOG_NOT_ALLOWED: /);
      expect(line(nothing)).toContain(`does not allow ${username} what Rollcall needs on topic ${topic}`);
      expect(line(nothing)).toContain(`--allow-principal User:${username} --topic ${topic}`);
      const steps: Operation[] = ['DESCRIBE', 'CREATE', 'DESCRIBE_CONFIGS', 'WRITE'];
      for (const operation of steps) {
        await allow(topic, operation);
        expect(line(await refusal({ topic, sasl }))).toMatch(/^LOG_NOT_ALLOWED: /);
      }
      await allow(topic, 'READ');
      const log = await open({ topic, sasl });
      await log.append(streamOf('1'), 'none', [created()]);
    });

    test('to write is not needed by whoever only reads', async () => {
      const topic = newTopic();
      await open({ topic, sasl: login(kafka().sasl.admin) });
      await allow(topic, 'DESCRIBE', 'DESCRIBE_CONFIGS', 'READ');
      const sasl = login(kafka().sasl.limited);
      await open({ topic, sasl, mode: 'read' });
      const writer = await open({ topic, sasl });
      await expect(writer.append(streamOf('1'), 'none', [created()])).rejects.toMatchObject({
        code: 'LOG_NOT_ALLOWED',
      });
      await allow(topic, 'WRITE');
      await writer.append(streamOf('1'), 'none', [created()]);
    });
  });
});
