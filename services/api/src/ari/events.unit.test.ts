import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Channel, evolve, position, type RecordedEvent, revision, SCHEMA_VERSION } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import { describe, expect, test } from 'vitest';
import { createBridgeMembers } from '../bridge-members.ts';
import { cacheOf, channelOf, pbxNamed } from '../testing/served.ts';
import { events as models } from './event-models.ts';
import { ariEvents } from './events.ts';

type Said = Pick<RecordedEvent, 'type' | 'data'>;
type Sent = { type: keyof typeof models; [field: string]: unknown };

const BEFORE = channelOf('pbx-a', '1.1', { bridge: '', state: 4, callerPresentation: '1 (Presentation Allowed)' });

const toldOf = (said: Said, before?: Channel): Told => {
  const event = {
    ...{ id: '00000000-0000-4000-8000-000000000000', time: Date.UTC(2026, 10, 22, 15), pbx: 'pbx-a', boot: 1 },
    ...{ source: 'ami', schema: SCHEMA_VERSION, stream: 'channel/pbx-a/1/1.1', revision: revision(1) },
    ...{ position: position(9), recorded: 0 },
    ...said,
  } as RecordedEvent;
  return { event, before, after: evolve(before, event), pbx: pbxNamed('pbx-a') };
};
const sent = (told: Told, others: Channel[] = []): Sent[] => {
  const members = createBridgeMembers(cacheOf([pbxNamed('pbx-a')], others));
  return ariEvents(told, members).map(({ text }) => JSON.parse(text('app "1"', false)) as Sent);
};

const CHANGES: [Said, Sent['type'], object][] = [
  [{ type: 'ChannelStateChanged', data: { state: 6 } }, 'ChannelStateChange', { channel: { state: 'Up' } }],
  [
    { type: 'DialplanMoved', data: { application: 'Echo', applicationData: 'x' } },
    'ChannelDialplan',
    { dialplan_app: 'Echo', dialplan_app_data: 'x' },
  ],
  [
    { type: 'CallerIdChanged', data: { callerNumber: '101' } },
    'ChannelCallerId',
    { caller_presentation: 1, caller_presentation_txt: 'Presentation Allowed' },
  ],
  [{ type: 'ConnectedLineChanged', data: { connectedNumber: '7' } }, 'ChannelConnectedLine', {}],
  [{ type: 'BridgeEntered', data: { bridge: 'b' } }, 'ChannelEnteredBridge', { bridge: { channels: ['2.2', '1.1'] } }],
  [{ type: 'BridgeLeft', data: { bridge: 'b' } }, 'ChannelLeftBridge', { bridge: { id: 'b', channels: ['2.2'] } }],
  [{ type: 'ChannelHeld', data: {} }, 'ChannelHold', { musicclass: 'N/A' }],
  [{ type: 'ChannelUnheld', data: {} }, 'ChannelUnhold', {}],
  [{ type: 'VariableSet', data: { variable: 'A', value: 'ö' } }, 'ChannelVarset', { variable: 'A', value: 'ö' }],
  [{ type: 'HangupRequested', data: { cause: 17 } }, 'ChannelHangupRequest', { cause: 17 }],
  [
    { type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16, causeText: 'Normal Clearing', techCause: '200' } },
    'ChannelDestroyed',
    { cause: 16, cause_txt: 'Normal Clearing', tech_cause: 200, channel: { id: '1.1' } },
  ],
  [
    { type: 'ChannelDestroyed', data: { reason: 'pbx-restarted' } },
    'ChannelDestroyed',
    { cause: 0, cause_txt: 'Unknown' },
  ],
];

describe('what happened, as ARI says it', () => {
  test.each(CHANGES)('$type', (said, type, fields) => {
    const [event, ...more] = sent(toldOf(said, BEFORE), [channelOf('pbx-a', '2.2', { bridge: 'b' })]);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ type, asterisk_id: 'pbx-a', application: 'app "1"', ...fields });
    expect(models[type].safeParse(event)).toMatchObject({ success: true });
  });
  test('a creation', () => {
    const [event] = sent(toldOf({ type: 'ChannelCreated', data: { name: 'PJSIP/a-1', origin: 'created' } }));
    expect(models.ChannelCreated.parse(event)).toMatchObject({ channel: { id: '1.1', name: 'PJSIP/a-1' } });
  });
  test.each<Said>([
    { type: 'ChannelRenamed', data: { name: 'PJSIP/b-1' } },
    { type: 'AccountCodeChanged', data: { accountCode: 'x' } },
    { type: 'ChannelDetailsChanged', data: { linkedid: '1.0' } },
  ])('of $type ARI says nothing', (said) => {
    expect(sent(toldOf(said, BEFORE))).toEqual([]);
  });
  test('an event that lets a stream go on says whatever is different', () => {
    const told = toldOf({ type: 'EventSkipped', data: { revision: 1, reason: 'odd' } }, BEFORE);
    const after = channelOf('pbx-a', '1.1', { ...BEFORE, state: 6, bridge: 'b', application: 'Dial' });
    expect(sent({ ...told, after }).map(({ type }) => type)).toEqual([
      'ChannelStateChange',
      'ChannelDialplan',
      'ChannelEnteredBridge',
    ]);
    expect(sent({ ...told, after: undefined }).map(({ type }) => type)).toEqual(['ChannelDestroyed']);
  });
  test('where several PBXs answer as one, the channel and the bridge say whose they are', () => {
    const members = createBridgeMembers(cacheOf([pbxNamed('pbx-a')], []));
    const [event] = ariEvents(toldOf({ type: 'BridgeEntered', data: { bridge: 'b' } }, BEFORE), members);
    const said = JSON.parse(event?.text('app', true) ?? '') as Sent;
    expect(models.ChannelEnteredBridge.parse(said)).toMatchObject({
      bridge: { id: 'b', pbx: 'pbx-a' },
      channel: { pbx: 'pbx-a' },
    });
  });
});

test('fields stand in the order of Asterisk 22', () => {
  const text = gunzipSync(readFileSync(new URL('../../../../test/captures/a22-load/ari.ndjson.gz', import.meta.url)));
  const theirs = new Map<string, Set<string>>();
  for (const line of text.toString('utf8').trimEnd().split('\n')) {
    const { e } = JSON.parse(line) as { e: Sent };
    theirs.set(e.type, (theirs.get(e.type) ?? new Set()).add(Object.keys(e).join()));
  }
  let compared = 0;
  for (const [said, type] of CHANGES) {
    const orders = theirs.get(type);
    if (!orders) continue;
    const ours = sent(toldOf(said, BEFORE)).map((event) =>
      Object.keys(event).filter((field) => field !== 'tech_cause'),
    );
    expect([...orders]).toContain(ours[0]?.join());
    compared += 1;
  }
  expect(compared).toBeGreaterThan(9);
});
