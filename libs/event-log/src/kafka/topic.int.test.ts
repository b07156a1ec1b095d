import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { revision, START } from '@rollcall/channel';
import type { Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, write } from '../../../../test/brokers/client.ts';
import { readTopic } from '../../../../test/brokers/judge.ts';
import { created, destroyed, state, streamOf } from '../../../../test/contract/event-log.events.ts';
import { asAppended, collect, reader } from '../../../../test/contract/event-log.reader.ts';
import { encodeAppend } from './record.ts';
import { kafkaLogsUnderTest } from './testing/kafka-logs-under-test.ts';
import { withKafka } from './testing/with-kafka.ts';
import { topicSettings } from './topic-settings.ts';

await withKafka('4', {}, (kafka) => {
  const { open, newDir, newTopic, cleanup } = kafkaLogsUnderTest(() => kafka().bootstrap);
  let admin: Admin;
  beforeAll(async () => {
    admin = clientOf(kafka()).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());
  afterEach(cleanup);

  const create = async (changes: Record<string, string>, partitions = 1): Promise<string> => {
    const topic = newTopic();
    const settings = new Map(topicSettings(1).map(({ name, value }) => [name, value]));
    for (const [name, value] of Object.entries(changes)) settings.set(name, value);
    const configEntries = [...settings].map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true });
    return topic;
  };
  const refusalOf = (options: Parameters<typeof open>[0]) =>
    open(options).then(
      () => 'opened',
      (error: unknown) => error,
    );

  describe('the topic', () => {
    test('is made with what the log needs; one that was made so is taken', async () => {
      const topic = newTopic();
      await open({ topic, partitions: 3 });
      await open({ topic: await create({}, 2), partitions: 2 });
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      expect(topics[0]?.partitions).toHaveLength(3);
    });

    test.each([
      ['cleanup.policy', 'compact'],
      ['cleanup.policy', 'compact,delete'],
      ['retention.ms', '604800000'],
      ['retention.bytes', '1000000'],
      ['message.timestamp.type', 'CreateTime'],
      ['unclean.leader.election.enable', 'true'],
      ['compression.type', 'zstd'],
      ['max.message.bytes', '100000'],
    ])('with %s=%s is refused, with what is wrong and the command that mends it', async (name, value) => {
      const topic = await create({ [name]: value });
      const refused = await refusalOf({ topic });
      expect(refused).toMatchObject({ code: 'LOG_TOPIC_WRONG' });
      expect(String(refused)).toContain(`${name} is ${value} (`);
      const mended = topicSettings(1).find((setting) => setting.name === name)?.value;
      expect(refused).toMatchObject({
        advice: expect.stringContaining(`--entity-name ${topic} --add-config ${name}=${mended}`),
      });
    });

    test('whose broker compresses with gzip is read as any other', async () => {
      const log = await open({ topic: await create({ 'compression.type': 'gzip' }) });
      const events = [created(), state(1), state(2)];
      await Promise.all([log.append(streamOf('1'), 'none', events), log.append(streamOf('2'), 'none', [created()])]);
      expect((await collect(log.readStream(streamOf('1')))).map(asAppended)).toEqual(events);
    });

    test('with several wrong settings is told all of them at once', async () => {
      const refused = await refusalOf({ topic: await create({ 'retention.ms': '1000', 'cleanup.policy': 'compact' }) });
      expect(String(refused)).toMatch(/cleanup\.policy is compact .*retention\.ms is 1000/);
    });

    test('with other partitions than the settings say, or fewer copies, is refused', async () => {
      const topic = await create({}, 4);
      expect(await refusalOf({ topic, partitions: 3 })).toMatchObject({
        code: 'LOG_TOPIC_WRONG',
        message: expect.stringContaining('has 4 partitions, not 3'),
      });
      expect(await refusalOf({ topic, partitions: 4, replication: 2 })).toMatchObject({ code: 'LOG_TOPIC_WRONG' });
    });

    test('that was given more partitions after the log was begun is refused: ids would change their place', async () => {
      const topic = newTopic();
      await (await open({ topic, partitions: 2 })).close();
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      expect(await refusalOf({ topic, partitions: 3 })).toMatchObject({
        code: 'LOG_TOPIC_WRONG',
        message: expect.stringContaining('has 2 partitions'),
      });
    });

    test('that is not there, or in which no log was begun, is missing for whoever only reads', async () => {
      expect(await refusalOf({ mode: 'read' })).toMatchObject({ code: 'LOG_MISSING' });
      expect(await refusalOf({ mode: 'read', topic: await create({}) })).toMatchObject({ code: 'LOG_MISSING' });
      const topic = newTopic();
      await open({ topic });
      const reading = await open({ topic, mode: 'read' });
      await expect(reading.append(streamOf('1'), 'none', [created()])).rejects.toMatchObject({ code: 'LOG_READ_ONLY' });
    });
  });

  describe('what is on the topic and not ours', () => {
    test('is passed over, wherever it stands, and holds nothing up', async () => {
      const topic = await create({});
      const client = clientOf(kafka());
      const ours = { rollcall: '1' };
      const junk = [
        { key: null, value: 'hello' },
        { key: 'x', value: null },
        { key: 'x', value: null, headers: ours },
        { key: 'x', value: '{"stream":', headers: ours },
        { key: 'x', value: '[1]', headers: ours },
        { key: 'x', value: 'null', headers: ours },
        { key: 'x', value: '{"stream":"s","revision":0}', headers: ours },
        { key: 'x', value: JSON.stringify({ log: 'no', partitions: 1 }), headers: ours },
        { key: 'x', value: Buffer.from([0xff, 0xfe, 0x00]), headers: { rollcall: '1', other: 'x' } },
      ];
      await write(client, topic, junk);
      const log = await open({ topic });
      const follower = reader(log.partition(0), START);
      const first = [created(), state(4)];
      await log.append(streamOf('1'), 'none', first);
      await write(client, topic, junk);
      // A second beginning is none.
      await write(client, topic, [
        { key: 'rollcall', value: JSON.stringify({ log: randomUUID(), partitions: 1 }), headers: ours },
      ]);
      const { id } = log.partition(0);
      const second = [state(6), destroyed()];
      await log.append(streamOf('1'), revision(1), second);
      await follower.has(4);
      expect((await follower.stop()).map(asAppended)).toEqual([...first, ...second]);
      const fresh = await open({ topic });
      expect((await collect(fresh.partition(0).readAll(START))).map(asAppended)).toEqual([...first, ...second]);
      expect([log.partition(0).id, fresh.partition(0).id]).toEqual([id, id]);
    });

    test('an event of an unknown schema, or with broken data, stands in its place unread', async () => {
      const topic = newTopic();
      const log = await open({ topic });
      await log.append(streamOf('1'), 'none', [created()]);
      const newer = { ...state(6), schema: 99 };
      const broken = { ...state(6), data: { state: 'up' } };
      const unknown = { ...destroyed(), type: 'ChannelEvaporated' };
      for (const [index, event] of [newer, broken, unknown].entries()) {
        const append = {
          stream: streamOf('1'),
          expected: revision(index),
          events: [event],
          texts: [JSON.stringify(event.data)],
        };
        await write(clientOf(kafka()), topic, encodeAppend(append));
      }
      const follower = reader(log.partition(0), START);
      await follower.has(4);
      const events = await follower.stop();
      expect(events.map(({ type, revision }) => [type, revision])).toEqual([
        ['ChannelCreated', 0],
        ['Unreadable', 1],
        ['Unreadable', 2],
        ['Unreadable', 3],
      ]);
      expect(events.slice(1).map(({ data }) => data)).toMatchObject([
        { type: 'ChannelStateChanged', reason: expect.stringContaining('schema 99') },
        { type: 'ChannelStateChanged', reason: expect.stringContaining('data.state') },
        { type: 'ChannelEvaporated', reason: expect.stringContaining('not known here') },
      ]);
      const fresh = await open({ topic });
      expect(await collect(fresh.partition(0).readAll(START))).toEqual(events);
      await log.append(streamOf('1'), revision(3), [destroyed()]);
      expect((await log.heads([streamOf('1')])).get(streamOf('1'))).toEqual({ revision: 4, closed: true });
    });

    test('a record of a newer format stops its reader, who says so: it may claim what this version cannot see', async () => {
      const topic = newTopic();
      const log = await open({ topic });
      const follower = reader(log.partition(0), START);
      await log.append(streamOf('1'), 'none', [created()]);
      await follower.has(1);
      await write(clientOf(kafka()), topic, [{ key: 'x', value: '{}', headers: { rollcall: '2' } }]);
      await expect(follower.ended).rejects.toMatchObject({ code: 'LOG_FORMAT_UNKNOWN' });
      await expect(log.append(streamOf('2'), 'none', [created()])).rejects.toMatchObject({
        code: 'LOG_FORMAT_UNKNOWN',
      });
      expect(await refusalOf({ topic })).toMatchObject({ code: 'LOG_FORMAT_UNKNOWN' });
    });
  });

  describe('a topic that is not the one that was read', () => {
    test('made anew under the same name, is followed as it is; what was read before is kept beside', async () => {
      const [topic, dir] = [newTopic(), newDir()];
      const warnings: string[] = [];
      const first = await open({ topic, dir });
      await first.append(streamOf('1'), 'none', [created(), state(6)]);
      const { id } = first.partition(0);
      await first.close();
      await admin.deleteTopics({ topics: [topic] });
      const elsewhere = await open({ topic });
      const events = [created(), state(1), state(2), destroyed()];
      await elsewhere.append(streamOf('9'), 'none', events);
      const again = await open({ topic, dir, warn: (line) => warnings.push(line) });
      expect((await collect(again.partition(0).readAll(START))).map(asAppended)).toEqual(events);
      expect(again.partition(0).id).toBe(elsewhere.partition(0).id);
      expect(again.partition(0).id).not.toBe(id);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('set aside');
      expect(existsSync(join(dir, 'partition-0', 'events.db.set-aside'))).toBe(true);
    });

    test('made anew under way, is followed no further: its readers and writers are told to start again', async () => {
      const topic = newTopic();
      const problems: (string | undefined)[] = [];
      const log = await open({ topic, problem: (error) => problems.push(error?.code) });
      const follower = reader(log.partition(0), START);
      await log.append(streamOf('1'), 'none', [created(), state(1)]);
      await follower.has(2);
      await admin.deleteTopics({ topics: [topic] });
      const elsewhere = await open({ topic });
      for (let count = 0; count < 5; count++) await elsewhere.append(streamOf(`${count}`), 'none', [created()]);
      await expect(follower.ended).rejects.toMatchObject({ code: 'LOG_DIVERGED' });
      await expect(log.append(streamOf('9'), 'none', [created()])).rejects.toMatchObject({
        code: 'LOG_DIVERGED',
        advice: expect.stringContaining('Start Rollcall again'),
      });
      expect(problems).toContain('LOG_DIVERGED');
    });

    test('made anew and still empty, is begun again', async () => {
      const [topic, dir] = [newTopic(), newDir()];
      const first = await open({ topic, dir });
      await first.append(streamOf('1'), 'none', [created()]);
      await first.close();
      await admin.deleteTopics({ topics: [topic] });
      const again = await open({ topic, dir });
      expect(await collect(again.partition(0).readAll(START))).toEqual([]);
      await again.append(streamOf('1'), 'none', [created()]);
    });

    test('whose first records were deleted, is refused to whoever has not read them', async () => {
      const [topic, dir] = [newTopic(), newDir()];
      const log = await open({ topic, dir });
      await log.append(streamOf('1'), 'none', [created(), state(1), state(2)]);
      // kafkajs deletes from a topic only when it has just looked at it.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
      await log.append(streamOf('1'), revision(2), [state(3)]);
      expect(await refusalOf({ topic })).toMatchObject({ code: 'LOG_TRUNCATED' });
      await log.close();
      const again = await open({ topic, dir });
      expect(await collect(again.partition(0).readAll(START))).toHaveLength(4);
    });
  });

  test('deleted under way, it is missing, with what to do; it is not made anew behind anybody’s back', async () => {
    const [topic, dir] = [newTopic(), newDir()];
    const problems: (string | undefined)[] = [];
    const log = await open({ topic, dir, problem: (error) => problems.push(error?.line) });
    await log.append(streamOf('1'), 'none', [created()]);
    await admin.deleteTopics({ topics: [topic] });
    await expect(log.append(streamOf('2'), 'none', [created()])).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      message: expect.stringContaining(`does not know topic ${topic}`),
    });
    expect(problems.at(-1)).toContain('start Rollcall again');
    expect(await collect(log.partition(0).readAll(START))).toHaveLength(1);
    await log.close();
    const again = await open({ topic, dir });
    expect(await collect(again.partition(0).readAll(START))).toEqual([]);
  });

  test('an append that is larger than the topic takes fails by itself', async () => {
    const log = await open();
    const large = created('x'.repeat(9 * 1024 * 1024));
    const outcomes = await Promise.allSettled([
      log.append(streamOf('1'), 'none', [created()]),
      log.append(streamOf('2'), 'none', [large]),
      log.append(streamOf('3'), 'none', [created()]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'APPEND_TOO_LARGE', advice: expect.stringContaining('max.message.bytes') },
    });
    const half = created('x'.repeat(5 * 1024 * 1024));
    await log.append(streamOf('2'), 'none', [half]);
    expect((await collect(log.readStream(streamOf('2')))).map(asAppended)).toEqual([half]);
  });

  test('every record says what it is: readable with any client', async () => {
    const topic = newTopic();
    const log = await open({ topic });
    const event = created();
    await log.append(streamOf('1.5'), 'none', [event]);
    const [first, second] = await readTopic(kafka().inside, topic);
    expect(first).toMatchObject({ key: 'rollcall', headers: [['rollcall', '1']] });
    expect(JSON.parse(first?.value ?? '')).toEqual({ log: log.partition(0).id, partitions: 1 });
    expect(second).toMatchObject({ key: 'pbx-a/1.5', headers: [['rollcall', '1']] });
    const { data, ...envelope } = event;
    expect(JSON.parse(second?.value ?? '')).toEqual({
      stream: streamOf('1.5'),
      revision: 0,
      append: event.id,
      ...envelope,
      data,
    });
  });
});
