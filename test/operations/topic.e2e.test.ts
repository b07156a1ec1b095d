import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { ChannelSnapshot } from '../../libs/projection-topic/src/snapshot.ts';
import { describeWithKafka } from '../../libs/projection-topic/src/testing/a-kafka.ts';
import { write } from '../../libs/projection-topic/src/testing/raw-client.ts';
import { snapshotMessage } from '../../libs/projection-topic/src/write-record.ts';
import { type RollcallProcess, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { inPipe, logWith, removeDirs } from './as-operator.ts';

const EVENTS = 3_000;

await describeWithKafka('the published list, as an operator looks after it', '4', {}, (kafka) => {
  let data: string;
  let running: RollcallProcess | undefined;
  beforeEach(async () => {
    data = await logWith(EVENTS);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  afterAll(removeDirs);

  test('verify finds what the topic has otherwise, replay publishes the difference and nothing else', async () => {
    const topic = `kafka://${kafka().inside.join(',')}`;
    const verify = (...args: string[]) => inPipe(['verify', '--data', data, '--topic', topic, ...args]);
    running = await startRollcall({
      data,
      pbxs: { none: 'ami://u:s@127.0.0.1:1' },
      args: ['--publish', topic, '--stale-after', '9999d'],
    });
    const { channels } = await running.list();
    expect(channels.length).toBeGreaterThan(100);
    await waitFor('everything to be published', async () => {
      const state = await running?.ready();
      const { publishing } = state as unknown as { publishing: { position?: number; queued: number } };
      return publishing.position !== undefined && publishing.queued === 0;
    });

    const sound = await verify();
    expect(sound.out).toContain(`topic: ${channels.length} channels`);
    expect(sound).toMatchObject({ code: 0, err: '' });

    // As if a tombstone had never come.
    const { id } = JSON.parse((await inPipe(['log', 'stats', '--data', data, '--json'])).out);
    const gone = { ...channels[0], uniqueid: '7.7', name: 'PJSIP/gone-7' } as ChannelSnapshot;
    const message = snapshotMessage(gone, JSON.stringify(gone), { log: id, time: Date.now() });
    await write(kafka(), 'rollcall.channels', [message]);
    const found = await verify('--json');
    expect(found.code).toBe(1);
    const check = JSON.parse(found.out).checks.find(({ what }: { what: string }) => what === 'topic');
    expect(check.differences).toMatchObject({ count: 1, shown: [{ what: 'extra', stream: 'channel/pbx-a/3/7.7' }] });

    const { code, out } = await inPipe(['replay', '--data', data]);
    expect(code).toBe(0);
    expect(out).toContain('On the topic 0 channels were put right, 1 taken away.');
    expect(await verify()).toMatchObject({ code: 0 });
  });

  test('a Kafka that is not there, and an address that is none, are said with what to do', async () => {
    const away = await inPipe(['verify', '--data', data, '--topic', 'kafka://127.0.0.1:1']);
    expect(away).toMatchObject({ code: 2, err: expect.stringContaining('TOPIC_NOT_READ') });
    expect(await inPipe(['verify', '--data', data, '--topic', 'localhost:9092'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('kafka://HOST:PORT'),
    });
    running = await startRollcall({
      data,
      pbxs: { none: 'ami://u:s@127.0.0.1:1' },
      args: ['--publish', 'kafka://127.0.0.1:1', '--stale-after', '9999d'],
    });
    expect((await running.list()).channels.length).toBeGreaterThan(100);
    await waitFor('the problem to be told', () => running?.printed().includes('The topic is not published') ?? false);
  });
});
