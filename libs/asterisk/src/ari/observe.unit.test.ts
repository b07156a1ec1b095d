import { expect, test } from 'vitest';
import { createAriObserver } from './observe.ts';

const channel = {
  id: 'pbx-a-1795360466.120',
  name: 'PJSIP/sipp-00000000',
  state: 'Ring',
  protocol_id: '1-30899@127.0.0.1',
  caller: { name: 'sipp', number: 'sipp' },
  connected: { name: '', number: '' },
  accountcode: '',
  dialplan: { context: 'default', exten: 'short', priority: 1, app_name: 'Answer', app_data: '' },
  creationtime: '2026-11-22T15:14:26.341+0000',
  language: 'en',
};
const common = { timestamp: '2026-11-22T15:14:26.344+0000', asterisk_id: '02:fc:00:00:00:01', application: 'cap' };
const event = (type: string, more: object = {}, of: object = channel) => ({ type, ...common, channel: of, ...more });

const observe = createAriObserver(['SIPDOMAIN']);
const observed = (value: unknown) => {
  const result = observe(value);
  return result.is === 'observation' ? result.observation : result;
};

test('the channel model becomes facts: empty caller texts are unknown, and what it lacks stays unsaid', () => {
  expect(observed(event('ChannelCreated'))).toEqual({
    kind: 'created',
    uniqueid: 'pbx-a-1795360466.120',
    source: 'ari',
    proves: false,
    time: Date.UTC(2026, 10, 22, 15, 14, 26, 344),
    facts: {
      name: 'PJSIP/sipp-00000000',
      state: 4,
      callerNumber: 'sipp',
      callerName: 'sipp',
      connectedNumber: null,
      connectedName: null,
      accountCode: '',
      language: 'en',
      context: 'default',
      exten: 'short',
      priority: 1,
      application: 'Answer',
      applicationData: '',
      created: Date.UTC(2026, 10, 22, 15, 14, 26, 341),
      protocolid: '1-30899@127.0.0.1',
    },
  });
});

test('a time in another zone than UTC is the same moment', () => {
  const seen = observed(event('ChannelCreated', { timestamp: '2026-11-22T20:44:26.344+0530' }));
  expect(seen).toMatchObject({ time: Date.UTC(2026, 10, 22, 15, 14, 26, 344) });
});

test.each([
  [
    'ChannelDestroyed',
    { cause: 16, cause_txt: 'Normal Clearing', tech_cause: 503 },
    { kind: 'destroyed', cause: 16, causeText: 'Normal Clearing', techCause: '503', proves: false },
  ],
  ['ChannelStateChange', {}, { kind: 'changed', proves: true }],
  ['ChannelDialplan', { dialplan_app: 'Answer', dialplan_app_data: '' }, { kind: 'changed', proves: false }],
  [
    'ChannelCallerId',
    { caller_presentation: 67, caller_presentation_txt: 'Number Unavailable' },
    { kind: 'changed', proves: false, facts: { callerPresentation: '67 (Number Unavailable)' } },
  ],
  ['ChannelConnectedLine', {}, { kind: 'changed', proves: false }],
  [
    'ChannelVarset',
    { variable: 'SIPDOMAIN', value: '127.0.0.1' },
    { kind: 'variable', variable: 'SIPDOMAIN', value: '127.0.0.1' },
  ],
  ['ChannelHangupRequest', { cause: 16, soft: true }, { kind: 'hangup-requested', cause: 16 }],
  ['ChannelHangupRequest', {}, { kind: 'hangup-requested', cause: undefined }],
  ['ChannelHold', { musicclass: 'default' }, { kind: 'held', musicClass: 'default' }],
  ['ChannelHold', { musicclass: 'N/A' }, { kind: 'held', musicClass: undefined }],
  ['ChannelUnhold', {}, { kind: 'unheld' }],
  [
    'ChannelEnteredBridge',
    { bridge: { id: 'b-1', channels: [] } },
    { kind: 'bridge-entered', bridge: 'b-1', proves: true },
  ],
  ['ChannelLeftBridge', { bridge: { id: 'b-1', channels: [] } }, { kind: 'bridge-left', bridge: 'b-1', proves: false }],
])('%s %j', (type, more, expected) => {
  expect(observed(event(type, more))).toMatchObject({
    uniqueid: channel.id,
    facts: { name: channel.name },
    ...expected,
  });
});

test('only the configured variables are observed, and a global variable belongs to no channel', () => {
  expect(observed(event('ChannelVarset', { variable: 'OTHER', value: '1' }))).toEqual({ is: 'other' });
  const global = { type: 'ChannelVarset', ...common, variable: 'SIPDOMAIN', value: '1' };
  expect(observed(global)).toEqual({ is: 'other' });
  const listed = { ...channel, channelvars: { SIPDOMAIN: 'x', OTHER: 'y', ODD: 3 } };
  expect(observed(event('ChannelCreated', {}, listed))).toMatchObject({ facts: { variables: { SIPDOMAIN: 'x' } } });
});

test('events that say nothing of the channel list are told from malformed ones', () => {
  expect(observe({ type: 'DeviceStateChanged', device_state: {} })).toEqual({ is: 'other' });
  expect(observe({ type: 'toString', channel })).toEqual({ is: 'other' });
});

test.each([
  [null, 'not an object'],
  ['ChannelCreated', 'not an object'],
  [{}, 'type'],
  [{ type: 7 }, 'type'],
  [{ type: 'ChannelDestroyed' }, 'ChannelDestroyed: channel'],
  [event('ChannelDestroyed', {}, { ...channel, id: '' }), 'channel.id'],
  [event('ChannelDestroyed', {}, { ...channel, id: 4 }), 'channel.id'],
  [event('ChannelEnteredBridge'), 'bridge'],
  [event('ChannelVarset', { variable: 'SIPDOMAIN' }), 'value'],
])('a malformed event is refused by name, without throwing: %j', (value, named) => {
  const result = observe(value);
  expect(result).toMatchObject({ is: 'malformed', why: expect.stringContaining(named) });
});

test('a destroy counts even when all that is told besides the id is odd', () => {
  const odd = {
    id: 'x',
    name: 3,
    state: {},
    caller: 'c',
    connected: [],
    dialplan: 0,
    creationtime: 'yesterday',
    channelvars: 1,
  };
  const seen = observed({
    type: 'ChannelDestroyed',
    timestamp: 5,
    channel: odd,
    cause: '16',
    cause_txt: 1,
    tech_cause: {},
  });
  expect(seen).toEqual({ kind: 'destroyed', uniqueid: 'x', source: 'ari', proves: false, facts: {} });
  expect(Object.keys('facts' in seen ? seen.facts : { no: 'facts' })).toEqual([]);
});
