import type { Channel } from '@rollcall/channel';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { readChannelRecord } from './read-record.ts';
import { readStatusRecord } from './read-status.ts';
import { type ChannelSnapshot, channelSchema } from './snapshot.ts';
import { channelOf, pbxOf } from './testing/a-list.ts';
import { asFetched } from './testing/as-fetched.ts';
import { snapshotMessage, tombstoneMessage } from './write-record.ts';
import { checkpointMessage, forgetMessage, pbxMessage } from './write-status.ts';

const written = { log: 'log-1', time: 1_700_000_000_000 };

const full: ChannelSnapshot = {
  ...channelOf('7.1', { revision: 4, position: 90, boot: 2 }),
  linkedid: '7.0',
  state: 6,
  callerNumber: null,
  callerName: 'Zoë "Z" O’Hara',
  priority: 3,
  bridge: '',
  created: 1_700_000_000_000.5,
  variables: { __X: 'ä', y: '' },
  held: false,
  hangupCause: 16,
};
const message = snapshotMessage(full, JSON.stringify(full), written);

const withHeaders = (headers: Record<string, string | undefined>) => {
  const all = Object.entries({ ...message.headers, ...headers }).filter(([, value]) => value !== undefined);
  return asFetched({ ...message, headers: Object.fromEntries(all) });
};

describe('a channel on the topic', () => {
  test('is what the list has: every field of a channel is one of the snapshot', () => {
    expectTypeOf<Channel>().toExtend<ChannelSnapshot>();
    expect(Object.keys(channelSchema.shape)).toEqual(Object.keys(channelOf('7.1')));
  });

  test('reads as it was written', () => {
    expect(readChannelRecord(asFetched(message))).toEqual({
      is: 'snapshot',
      key: 'pbx-a/7.1',
      version: { log: 'log-1', boot: 2, revision: 4, gone: false },
      channel: JSON.parse(JSON.stringify(full)),
    });
  });

  test('carries revision, position, boot and time, and CloudEvents in binary mode', () => {
    expect(message.headers).toEqual({
      'content-type': 'application/json',
      schema: '1',
      log: 'log-1',
      boot: '2',
      revision: '4',
      position: '90',
      time: '1700000000000',
      ce_specversion: '1.0',
      ce_type: 'rollcall.channel.snapshot',
      ce_source: '/rollcall/log-1',
      ce_subject: 'pbx-a/7.1',
      ce_id: expect.stringMatching(/^pbx-a\/7\.1@2\.4\.[0-9a-f]+$/),
      ce_time: '2023-11-14T22:13:20.000Z',
    });
  });

  test('that is over leaves a tombstone, which says as of which place', () => {
    const tombstone = tombstoneMessage(
      'pbx-a/7.1',
      { log: 'log-1', boot: 2, revision: 9, position: 120 },
      written.time,
    );
    expect(tombstone.value).toBeNull();
    expect(tombstone.headers).toMatchObject({
      ce_type: 'rollcall.channel.destroyed',
      ce_subject: 'pbx-a/7.1',
      revision: '9',
    });
    expect(readChannelRecord(asFetched(tombstone))).toEqual({
      is: 'tombstone',
      key: 'pbx-a/7.1',
      version: { log: 'log-1', boot: 2, revision: 9, gone: true },
    });
  });

  test('may have fields that this version does not know', () => {
    const more = { ...message, value: JSON.stringify({ ...full, tomorrow: 1 }) };
    expect(readChannelRecord(asFetched(more)).is).toBe('snapshot');
  });

  test('of a schema that this version does not know is told apart from one that is not Rollcall’s', () => {
    expect(readChannelRecord(withHeaders({ schema: '2' }))).toEqual({
      is: 'unknown-schema',
      key: 'pbx-a/7.1',
      schema: 2,
    });
  });

  test('is over whatever the schema of its tombstone', () => {
    const { key, headers } = tombstoneMessage('pbx-a/7.1', { log: 'x', boot: 1, revision: 1, position: 1 }, 0);
    const later = asFetched({ key: key ?? null, value: null, headers: { ...headers, schema: '7' } });
    expect(readChannelRecord(later).is).toBe('tombstone');
  });
});

describe('what is not Rollcall’s', () => {
  const foreign = {
    'a record without key': asFetched({ ...message, key: null }),
    'a record with another kind of key': asFetched({ ...message, key: 'hello' }),
    'a record without headers': asFetched({ ...message, headers: {} }),
    'a tombstone without headers': asFetched({ ...message, value: null, headers: {} }),
    'a record without revision': withHeaders({ revision: undefined }),
    'a record with a revision that is no number': withHeaders({ revision: '-1' }),
    'a record with a revision too large to count': withHeaders({ revision: '9'.repeat(17) }),
    'a value that is no JSON': asFetched({ ...message, value: '{"pbx":' }),
    'a value that is no channel': asFetched({ ...message, value: '[1]' }),
    'a channel with a name that is no text': asFetched({ ...message, value: JSON.stringify({ ...full, name: 7 }) }),
    'a value under the key of another': asFetched({ ...message, key: 'pbx-a/7.2' }),
    'a value of another revision than its headers say': withHeaders({ revision: '5' }),
  };
  test.each(Object.entries(foreign))('%s is told as such, and why', (_, record) => {
    expect(readChannelRecord(record)).toMatchObject({ is: 'foreign', why: expect.stringMatching(/^its? .+/) });
  });
});

describe('the status topic', () => {
  test('a PBX reads as it was written', () => {
    const pbx = pbxOf('pbx-a', { connected: false });
    expect(readStatusRecord(asFetched(pbxMessage('pbx/pbx-a', pbx, JSON.stringify(pbx), written)))).toEqual({
      is: 'pbx',
      name: 'pbx-a',
      log: 'log-1',
      revision: 0,
      pbx: JSON.parse(JSON.stringify(pbx)),
    });
  });

  test('a PBX that is forgotten leaves a tombstone', () => {
    expect(readStatusRecord(asFetched(forgetMessage('pbx/pbx-a', written)))).toMatchObject({
      is: 'pbx',
      pbx: undefined,
    });
  });

  test.each(['checkpoint', 'checkpoint/3'])('%s reads as it was written', (key) => {
    const checkpoint = { position: 9, offsets: { 0: 4, 2: 0 } };
    const read = readStatusRecord(asFetched(checkpointMessage(key, checkpoint, written)));
    expect(read).toEqual({ is: 'checkpoint', key, log: 'log-1', checkpoint });
  });

  test.each(['hello', 'checkpoint/x', 'pbx/pbx-b'])('a record with key %s that is neither is told as such', (key) => {
    expect(readStatusRecord(asFetched({ ...message, key }))).toMatchObject({ is: 'foreign' });
  });
});
