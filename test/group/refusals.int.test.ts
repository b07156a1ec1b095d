import { parseKafkaAddress } from '@rollcall/kafka';
import type { GroupOptions, ProjectorGroup } from '@rollcall/projector-service';
import kafkajs from 'kafkajs';
import { afterEach, expect, test, vi } from 'vitest';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import { administer, createTopic, setTopic, write } from '../../libs/projection-topic/src/testing/raw-client.ts';
import { readTopic } from '../brokers/judge.ts';
import { asNew, created, streamOf } from '../contract/event-log.events.ts';
import { channelsOf, foldLog, onTopic } from './oracle.ts';
import { createPlace, type Place } from './place.ts';

const PATIENT = { timeout: 40_000, interval: 100 };
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const places: Place[] = [];
afterEach(async () => {
  for (const place of places.splice(0)) await place.cleanup();
});

const says = (group: ProjectorGroup, what: RegExp) =>
  vi.waitFor(() => expect(group.problem()?.line ?? '').toMatch(what), PATIENT);
const isWell = (group: ProjectorGroup) =>
  vi.waitFor(() => {
    expect(group.problem()?.line).toBeUndefined();
    expect(group.partitions().map(({ phase }) => phase)).toContain('projecting');
    expect(group.partitions().every(({ published }) => published !== undefined)).toBe(true);
  }, PATIENT);

await describeWithKafka('a projector of a group', '4', {}, (kafka) => {
  const newPlace = (partitions = 1): Place => {
    const place = createPlace(kafka(), partitions);
    places.push(place);
    return place;
  };
  /** A log with one channel in it. */
  const newLog = async (partitions = 1): Promise<Place> => {
    const place = newPlace(partitions);
    const log = await place.openLog();
    await log.append(streamOf('1'), 'none', [created()]);
    return place;
  };

  test('that finds nobody at its address says so; one with a malformed address is not started', async () => {
    const place = newPlace();
    const group = place.group({ kafka: parseKafkaAddress('kafka://127.0.0.1:1') });
    await says(group, /^KAFKA_UNREACHABLE: .*127\.0\.0\.1:1.*refused.*Check the address/);
    expect(() => place.group({ kafka: { brokers: ['127.0.0.1'] } })).toThrow(/no address of a broker/);
  });

  test('that comes before the log says what is missing, and goes on when it is there', async () => {
    const place = newPlace();
    const group = place.group();
    await says(group, /^LOG_MISSING: .*events-.*Check the name of the topic/);
    const log = await place.openLog();
    await log.append(streamOf('1'), 'none', [created()]);
    await isWell(group);
    expect((await onTopic(kafka(), place.topics.channels)).size).toBe(1);
  });

  test('whose topic has a wrong cleanup policy tells the command that mends it, and goes on once it is mended', async () => {
    const place = await newLog();
    await createTopic(kafka(), place.topics.channels, { 'cleanup.policy': 'delete' });
    const group = place.group();
    await says(group, /^TOPIC_WRONG: .*cleanup\.policy is delete.*kafka-configs\.sh.*cleanup\.policy=compact/);
    await setTopic(kafka(), place.topics.channels, { 'cleanup.policy': 'compact' });
    await isWell(group);
  });

  test('whose topic has other partitions than the log says so, and goes on once it is deleted', async () => {
    const place = await newLog(3);
    await createTopic(kafka(), place.topics.channels, { 'cleanup.policy': 'compact' }, 2);
    const group = place.group();
    await says(group, /^TOPIC_WRONG: .* has 2 partitions, not 3 .*kafka-topics\.sh --delete/);
    await administer(kafka(), (admin) => admin.deleteTopics({ topics: [place.topics.channels] }));
    await isWell(group);
    expect((await onTopic(kafka(), place.topics.channels)).size).toBe(1);
  });

  test('passes over what others wrote, to the log and to the topic, and names it', async () => {
    const place = await newLog();
    const first = place.group();
    await isWell(first);
    await first.stop();
    await write(kafka(), place.events, [{ key: 'x', value: '{}' }]);
    await write(kafka(), place.topics.channels, [{ key: 'pbx-a/other', value: 'not ours' }]);
    const group = place.group();
    await isWell(group);
    expect(group.partitions()[0]?.foreign).toEqual(['pbx-a/other']);
    expect(group.cache(0)?.size).toBe(1);
  });

  test('takes no channel from the topic that the log does not have, and takes it off there', async () => {
    const place = await newLog();
    const first = place.group();
    await isWell(first);
    await first.stop();
    const records = await readTopic(kafka().inside, place.topics.channels);
    const { value, headers } = records.find(({ key }) => key === 'pbx-a/1') ?? { value: '', headers: [] };
    const ghost = JSON.stringify({ ...JSON.parse(value ?? ''), uniqueid: 'ghost' });
    const ours = Object.fromEntries(headers.map(([a, b]) => [a, b ?? '']));
    await write(kafka(), place.topics.channels, [{ key: 'pbx-a/ghost', value: ghost, headers: ours }]);
    expect((await onTopic(kafka(), place.topics.channels)).size).toBe(2);
    const group = place.group();
    await isWell(group);
    expect([...(group.cache(0)?.list() ?? [])].map(({ uniqueid }) => uniqueid)).toEqual(['1']);
    await vi.waitFor(async () => {
      expect([...(await onTopic(kafka(), place.topics.channels)).keys()]).toEqual(['pbx-a/1']);
    }, PATIENT);
  });

  test('sets aside what it cannot read, and finds it again when it begins anew', async () => {
    const place = await newLog();
    // As a newer version writes it: the record of the first channel, for another and of another schema.
    const records = await readTopic(kafka().inside, place.events);
    const { value, headers } = records.find(({ key }) => key === 'pbx-a/1') ?? { value: '', headers: [] };
    const event = JSON.parse(value ?? '');
    const next = { ...event, stream: streamOf('2'), id: 'newer', append: 'newer', schema: 99 };
    const message = { key: 'pbx-a/2', value: JSON.stringify(next) };
    await write(kafka(), place.events, [
      { ...message, headers: Object.fromEntries(headers.map(([a, b]) => [a, b ?? ''])) },
    ]);
    const group = place.group();
    await isWell(group);
    expect(group.partitions()[0]?.setAside).toBe(1);
    const { folded } = await foldLog(kafka(), place.events, 1);
    await group.stop();
    const again = place.group();
    await isWell(again);
    expect([...(again.cache(0)?.quarantine() ?? [])]).toEqual([...(folded[0]?.quarantine() ?? [])]);
    expect(await onTopic(kafka(), place.topics.channels)).toEqual(channelsOf(folded));
  });

  test('follows no log of a newer form, and says so', async () => {
    const place = await newLog();
    await write(kafka(), place.events, [{ key: 'x', value: '{}', headers: { rollcall: '99' } }]);
    await says(place.group(), /^LOG_FORMAT_UNKNOWN: /);
  });

  test('that meets others in its group says so, and joins once they are gone', async () => {
    const place = await newLog();
    const { group: groupId = '' } = place.settings();
    const client = new kafkajs.Kafka({ brokers: [...kafka().inside], logLevel: kafkajs.logLevel.NOTHING });
    const stranger = client.consumer({ groupId });
    await stranger.connect();
    await stranger.subscribe({ topic: place.events });
    const joined = new Promise((resolve) => stranger.on(stranger.events.GROUP_JOIN, resolve));
    await stranger.run({ eachMessage: async () => {} });
    await joined;
    const group = place.group();
    await says(group, /^GROUP_TAKEN: .*Name another group/);
    await stranger.disconnect();
    await isWell(group);
  });
});

await describeWithKafka('a projector of a group, with login and TLS', '4', { sasl: true, tls: true }, (kafka) => {
  const addressOf = ({ username, password }: { username: string; password: string }): string =>
    `kafkas://${username}:${password}@${kafka().tls.bootstrap.join(',')}?mechanism=plain`;
  const groupAs = (place: Place, user: { username: string; password: string }, apart = { ca: kafka().tls.ca }) =>
    place.group({ kafka: parseKafkaAddress(addressOf(user), apart) } satisfies Partial<GroupOptions>);
  const newLog = async (): Promise<Place> => {
    const place = createPlace(kafka(), 1);
    places.push(place);
    const log = await place.openLog();
    await log.append(streamOf('1'), 'none', [created(), asNew({ type: 'ChannelStateChanged', data: { state: 6 } })]);
    return place;
  };

  test('works', async () => {
    const place = await newLog();
    const group = groupAs(place, kafka().sasl.admin);
    await isWell(group);
    expect((await onTopic(kafka(), place.topics.channels)).size).toBe(1);
  });

  test('that has the wrong password says so, and not which', async () => {
    const group = groupAs(await newLog(), { ...kafka().sasl.admin, password: 'not-the-right-one' });
    await says(group, /^KAFKA_LOGIN_REFUSED: .*Check the user, the password and the SASL mechanism/);
    expect(group.problem()?.line).not.toContain('not-the-right-one');
  });

  test('that does not know the authority says so', async () => {
    const group = (await newLog()).group({ kafka: parseKafkaAddress(addressOf(kafka().sasl.admin)) });
    await says(group, /^KAFKA_TLS: .*authority/);
  });

  test('that lacks a permission says which, and goes on as soon as it has it', async () => {
    const place = await newLog();
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
    const { READ, WRITE, CREATE, DESCRIBE_CONFIGS } = AclOperationTypes;
    const settings = place.settings();
    const group = groupAs(place, kafka().sasl.limited);
    await says(group, /^KAFKA_FORBIDDEN: /);
    for (const one of [READ, DESCRIBE_CONFIGS]) await allow(one, AclResourceTypes.TOPIC, place.events);
    await says(group, /^KAFKA_FORBIDDEN: .*may not join the group.*kafka-acls\.sh .*--group .*--operation Read/);
    await allow(READ, AclResourceTypes.GROUP, settings.group ?? '');
    await says(group, /^KAFKA_FORBIDDEN: .*topic channels-/);
    for (const topic of Object.values(place.topics)) {
      for (const one of [CREATE, READ, WRITE, DESCRIBE_CONFIGS]) await allow(one, AclResourceTypes.TOPIC, topic);
    }
    await isWell(group);
  });
});
