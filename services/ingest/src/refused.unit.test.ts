import { type Channel, channelStream, pbxStream } from '@rollcall/channel';
import { systemWorld, type World } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { beforeEach, describe, expect, test } from 'vitest';
import { createIngestCounters } from './counters.ts';
import { createWriter, type Writer } from './index.ts';
import { createFakeRemote, type FakeRemote } from './spool/testing/fake-remote.ts';

const world: World = {
  ...systemWorld,
  scheduler: { ...systemWorld.scheduler, sleep: (_, signal) => systemWorld.scheduler.sleep(1, signal) },
};
const stream = (id: string) => channelStream('a', 1, id);
const refusal = (code: string) => new RollcallError(code, `${code}.`, 'Mend it.');

let remote: FakeRemote;
let writer: Writer;
let counters: ReturnType<typeof createIngestCounters>;
let told: string[];
let stalls: (string | undefined)[];

beforeEach(async () => {
  remote = createFakeRemote();
  counters = createIngestCounters();
  told = [];
  stalls = [];
  writer = createWriter({
    ...{ pbx: 'a', log: remote.log, world, counters, canAsk: true },
    signal: new AbortController().signal,
    suspect: () => {},
    stalled: (error) => stalls.push(error?.message),
    refused: (of, error) => told.push(`${of} ${error.message}`),
  });
  await writer.load([]);
  await writer.recordPbx({ type: 'PbxConnected', data: { source: 'ami' } }, 'ami');
});

const observe = (...ids: string[]) =>
  writer.observe(
    ids.map((uniqueid) => ({
      ...{ kind: 'created', uniqueid, source: 'ami', time: 1, proves: true },
      facts: { name: `PJSIP/${uniqueid}`, state: 4 },
    })),
  );
const change = (uniqueid: string, state: number) =>
  writer.observe([{ kind: 'changed', uniqueid, source: 'ami', time: 1, proves: true, facts: { state } }]);
const typesOf = (id: string) => remote.ofStream(stream(id)).map(({ type }) => type);
const stateOf = (id: string): Channel['state'] | undefined => {
  const known = writer.known(id);
  return known?.state.is === 'live' ? known.state.channel.state : undefined;
};

describe('an append that the log will never take', () => {
  test.each(['LOG_STREAM_DELETED', 'LOG_REFUSED', 'EVENT_INVALID'])(
    'is set aside, counted and told, and all else goes on: %s',
    async (code) => {
      remote.fate = (of) => (of === stream('2') ? refusal(code) : 'written');
      await observe('1', '2', '3');
      expect([typesOf('1'), typesOf('2'), typesOf('3')]).toEqual([['ChannelCreated'], [], ['ChannelCreated']]);
      expect(told).toEqual([`${stream('2')} ${code}.`]);
      expect(counters.refused).toBe(1);
      expect(stalls).toEqual([]);
      await change('1', 6);
      expect(stateOf('1')).toBe(6);
    },
  );

  test('leaves its channel known as the log has it, so that the next list can correct that', async () => {
    await observe('1');
    remote.fate = () => refusal('LOG_REFUSED');
    await change('1', 6);
    expect(stateOf('1')).toBe(4);
    remote.fate = () => 'written';
    await change('1', 6);
    expect(stateOf('1')).toBe(6);
    expect(typesOf('1')).toEqual(['ChannelCreated', 'ChannelStateChanged']);
  });

  test('for being too large is done in parts, and only what is too large by itself is set aside', async () => {
    remote.fate = (_, news) =>
      news.length > 2 || news.some((event) => event.type === 'ChannelStateChanged' && event.data.state === 2)
        ? refusal('APPEND_TOO_LARGE')
        : 'written';
    await observe('1');
    await writer.observe(
      [5, 6, 5, 2, 6].map((state) => ({
        ...({ kind: 'changed', uniqueid: '1', source: 'ami', time: 1, proves: true } as const),
        facts: { state },
      })),
    );
    const states = remote
      .ofStream(stream('1'))
      .flatMap((event) => (event.type === 'ChannelStateChanged' ? event.data.state : []));
    expect(states).toEqual([5, 6, 5]);
    expect(counters.refused).toBeGreaterThan(0);
    expect(stateOf('1')).toBe(5);
  });

  test('in the stream of the PBX itself ends the session with that error: nothing can be told of it', async () => {
    remote.fate = (of) => (of === pbxStream('a') ? refusal('LOG_STREAM_DELETED') : 'written');
    const recording = writer.recordPbx({ type: 'PbxDisconnected', data: { reason: 'x' } }, 'ami');
    await expect(recording).rejects.toMatchObject({ code: 'LOG_STREAM_DELETED' });
  });
});

test('a log that is away is waited for, and told of once', async () => {
  let left = 5;
  remote.fate = () => (left-- > 0 ? 'answer-lost' : 'written');
  await observe('1');
  expect(typesOf('1')).toEqual(['ChannelCreated']);
  expect(stalls).toEqual(['The log cannot be reached.', undefined]);
});
