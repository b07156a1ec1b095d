import { channelStream, namedType, pbxStream } from '@rollcall/channel';
import { afterEach, describe, expect, test } from 'vitest';
import { report, type ScriptedPbx } from '../simulation/scripted-pbx.ts';
import { type OwnSession, startSession, writerOn } from './session.ts';
import { BEGUN, broken, created, ofChannel, ofSchema9, PBX, type Written } from './written-log.ts';

let own: OwnSession | undefined;
afterEach(async () => {
  const differences = await own?.stop();
  own = undefined;
  expect(differences ?? 0).toBe(0);
});

/** A PBX on which these channels are up, and Rollcall started on that log. */
const given = async (
  events: readonly Written[],
  there: readonly string[],
  prepare: (pbx: ScriptedPbx) => void = () => {},
): Promise<OwnSession> => {
  own = await startSession([...BEGUN, ...events], (pbx) => {
    for (const uniqueid of there) pbx.channels.set(uniqueid, { name: `PJSIP/${uniqueid}`, state: 6 });
    prepare(pbx);
  });
  await own.live();
  return own;
};

const types = async (session: OwnSession, uniqueid: string): Promise<string[]> =>
  (await session.eventsOf(uniqueid)).map(namedType);

describe('a channel whose stream is set aside in the middle', () => {
  const events = [
    created('1.1'),
    created('1.2'),
    ofSchema9('1.1'),
    ofChannel('1.1', { type: 'ChannelHeld', data: {} }),
  ];

  test('is corrected by the list once, behind what waits, and then left alone', async () => {
    const session = await given(events, ['1.1', '1.2']);
    expect(await types(session, '1.1')).toEqual([
      'ChannelCreated',
      'ChannelTeleported',
      'ChannelHeld',
      'ChannelStateChanged',
    ]);
    expect(session.setAside('1.1')).toMatchObject({ revision: 1, type: 'ChannelTeleported', head: 3 });
    const head = await session.head();
    await session.comparisons(5);
    expect(await session.head()).toBe(head);
    expect(session.names()).toEqual(['PJSIP/1.1', 'PJSIP/1.2']);
  });

  test('goes on: what is reported of it is written, in order, and waits', async () => {
    const session = await given(events, ['1.1', '1.2']);
    for (const uniqueid of ['1.1', '1.2']) session.pbx.channels.set(uniqueid, { name: `PJSIP/${uniqueid}`, state: 5 });
    session.pbx.say(report('changed', '1.1', { state: 5 }), report('changed', '1.2', { state: 5 }));
    await session.until('written', () => session.setAside('1.1')?.head === 4);
    await session.comparisons(3);
    expect((await session.eventsOf('1.1')).at(-1)).toMatchObject({ data: { state: 5 }, source: 'ami', revision: 4 });
  });

  test('is over with its Hangup, which waits for nothing', async () => {
    const session = await given(events, ['1.1', '1.2']);
    session.pbx.channels.delete('1.1');
    session.pbx.say(report('destroyed', '1.1'));
    await session.until('gone', () => session.names().length === 1);
    expect(session.quarantine()).toEqual([]);
    const head = await session.head();
    await session.comparisons(3);
    expect(await session.head()).toBe(head);
  });

  test('that is no longer there when Rollcall starts is ended after two looks', async () => {
    const session = await given(events, ['1.2']);
    expect(session.names()).toEqual(['PJSIP/1.2']);
    expect(session.quarantine()).toEqual([]);
    expect((await session.eventsOf('1.1')).at(-1)).toMatchObject({ data: { reason: 'reconciled' } });
  });

  test('is ended by a restart of its PBX', async () => {
    const session = await given(events, ['2.1'], (pbx) => {
      pbx.startup = 'ami:second';
    });
    expect(session.names()).toEqual(['PJSIP/2.1']);
    expect(session.quarantine()).toEqual([]);
    expect((await session.eventsOf('1.1')).at(-1)).toMatchObject({ data: { reason: 'pbx-restarted' }, boot: 1 });
  });

  test('goes on when an operator skips, and what comes then is written behind it', async () => {
    const session = await given(events, ['1.1', '1.2']);
    const refused = session.setAside('1.1');
    if (refused) await session.skip(refused);
    session.pbx.say(report('changed', '1.1', { name: 'PJSIP/other', state: 6 }));
    session.pbx.channels.set('1.1', { name: 'PJSIP/other', state: 6 });
    await session.until('renamed', () => session.names().includes('PJSIP/other'));
    expect(session.quarantine()).toEqual([]);
    expect(await types(session, '1.1')).toEqual([
      ...['ChannelCreated', 'ChannelTeleported', 'ChannelHeld', 'ChannelStateChanged'],
      ...['EventSkipped', 'ChannelRenamed'],
    ]);
  });
});

describe.each([
  ['of a later schema', ofSchema9('1.1', 'ChannelCreated')],
  ['broken', broken('1.1', 'ChannelCreated', [])],
])('a channel whose creation is %s', (_, creation) => {
  test('goes on while the PBX has it, and is listed when an operator skips', async () => {
    const session = await given([creation, created('1.2')], ['1.1', '1.2']);
    expect(session.names()).toEqual(['PJSIP/1.2']);
    const refused = session.setAside('1.1');
    expect(refused).toMatchObject({ revision: 0 });
    if (refused) await session.skip(refused);
    await session.until('listed', () => session.names().length === 2);
    session.pbx.channels.delete('1.1');
    session.pbx.say(report('destroyed', '1.1'));
    await session.until('gone', () => session.names().length === 1);
  });
  test('is known to a writer that is told what is set aside, so that it can be ended', async () => {
    const { writer, log, close } = await writerOn([...BEGUN, creation, created('1.2')]);
    try {
      await writer.load([], [channelStream(PBX, 1, '1.1'), channelStream('b', 1, '1.1'), pbxStream(PBX)]);
      expect([...writer.live()].map(({ uniqueid, head }) => ({ uniqueid, head }))).toEqual([
        { uniqueid: '1.1', head: 0 },
      ]);
      await writer.bootSign({ sign: 'startup-time', startup: 'ami:second' });
      expect([...writer.live()]).toEqual([]);
      const heads = await log.heads([channelStream(PBX, 1, '1.1')]);
      expect([...heads.values()]).toEqual([{ revision: 1, closed: true }]);
    } finally {
      await close();
    }
  });
});

describe('an event whose data is not what its type says', () => {
  test.each(['ChannelHeld', 'VariableSet', 'HangupRequested', 'ChannelStateChanged', 'DialplanMoved'])(
    '%s: null stops nobody',
    async (type) => {
      const session = await given([created('1.1'), broken('1.1', type), created('1.2')], ['1.1', '1.2']);
      expect(session.setAside('1.1')).toMatchObject({ revision: 1, reason: 'its data is not an object' });
      session.pbx.channels.delete('1.1');
      session.pbx.say(report('destroyed', '1.1'));
      await session.until('gone', () => session.names().join() === 'PJSIP/1.2');
    },
  );
  test('an end is one all the same, also for the writer: a PBX that lists the channel is asked again', async () => {
    const session = await given([created('1.1'), broken('1.1', 'ChannelDestroyed')], ['1.1']);
    await session.until('found', () => session.names().join() === 'PJSIP/1.1');
    expect(session.pbx.asked).toContain('1.1');
    expect(await types(session, '1.1')).toEqual(['ChannelCreated', 'ChannelDestroyed', 'ChannelCreated']);
  });
});

describe("the PBX's own stream", () => {
  const own = (type: string, schema: number, boot: number): Written => ({
    ...{ stream: pbxStream(PBX), type, schema, boot },
    data: schema === 9 ? { invented: true } : null,
  });
  test.each([9, 1])('set aside (schema %i): connections go on, and its channels', async (schema) => {
    const session = await given([created('1.1'), own('PbxDisconnected', schema, 1)], ['1.1']);
    session.pbx.say(report('changed', '1.1', { state: 5 }));
    session.pbx.say(report('created', '1.2'));
    session.pbx.channels.set('1.2', { name: 'PJSIP/1.2' });
    await session.until('both', () => session.names().length === 2);
    expect(session.quarantine()).toEqual([pbxStream(PBX)]);
  });
  test('with a restart that cannot be read: the boot is the one that its envelope says', async () => {
    const session = await given([created('1.1'), own('PbxBooted', 9, 2), created('2.1', 2)], ['2.1'], (pbx) => {
      pbx.startup = 'ami:second';
    });
    session.pbx.say(report('created', '2.2'));
    session.pbx.channels.set('2.2', { name: 'PJSIP/2.2' });
    await session.until('created', () => session.names().includes('PJSIP/2.2'));
    expect(session.names()).toEqual(['PJSIP/2.1', 'PJSIP/2.2']);
    expect((await session.eventsOf('2.2', 2))[0]?.boot).toBe(2);
    expect((await session.eventsOf('1.1')).at(-1)).toMatchObject({ data: { reason: 'pbx-restarted' } });
  });
});
