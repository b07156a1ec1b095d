import { channelStream, type DomainEvent, pbxStream, type Source } from '@rollcall/channel';

/** One event of a fixture log. `after`: whole seconds since it began. */
export type Told = { stream: string; boot: number; source: Source; after: number; event: DomainEvent };

const PBX = 'pbx-a';

const tell = (stream: string, boot: number, source: Source) => (after: number, event: DomainEvent) => ({
  stream,
  boot,
  source,
  after,
  event,
});
const pbx = (boot: number, source: Source) => tell(pbxStream(PBX), boot, source);
const channel = (uniqueid: string, boot = 2, source: Source = 'ami') =>
  tell(channelStream(PBX, boot, uniqueid), boot, source);

const reconciled = channel('1795359730.3', 2, 'reconcile');
const whole = channel('1795359700.1');

/**
 * A log with every event of the present schema version, with all its fields, and with and without those that may be absent.
 * write.ts makes the fixture of the version from it; what older versions wrote stands in their fixtures.
 */
export const STORY: readonly Told[] = [
  pbx(0, 'ami')(0, {
    type: 'PbxConnected',
    data: { source: 'ami', version: '11.0.0', startup: 'ami:2026-11-22 15:00:00' },
  }),
  pbx(1, 'reconcile')(0, {
    type: 'PbxBooted',
    data: { boot: 1, evidence: 'first-seen', startup: 'ami:2026-11-22 15:00:00' },
  }),
  channel('1795359601.1', 1)(1, { type: 'ChannelCreated', data: { name: 'PJSIP/old-00000001', origin: 'created' } }),
  pbx(1, 'ami')(20, { type: 'PbxDisconnected', data: { reason: 'PBX_CONNECTION_LOST: the connection was closed' } }),
  pbx(1, 'ami')(40, { type: 'PbxConnected', data: { source: 'ami' } }),
  pbx(2, 'reconcile')(40, { type: 'PbxBooted', data: { boot: 2, evidence: 'startup-time' } }),
  channel('1795359601.1', 1, 'reconcile')(40, { type: 'ChannelDestroyed', data: { reason: 'pbx-restarted' } }),

  whole(100, {
    type: 'ChannelCreated',
    data: {
      name: 'PJSIP/alice-00000001',
      linkedid: '1795359700.1',
      state: 4,
      callerNumber: '101',
      callerName: null,
      callerPresentation: '0 (Presentation Allowed, Not Screened)',
      callerRdnis: '',
      connectedNumber: null,
      connectedName: null,
      language: 'en',
      accountCode: '',
      context: 'default',
      exten: '600',
      priority: 1,
      application: '',
      applicationData: '',
      bridge: '',
      created: 1795359700123.456,
      tenantid: 'tenant',
      protocolid: 'a84b4c76e66710@10.0.0.5',
      variables: { LANG: 'de' },
      origin: 'created',
    },
  }),
  whole(101, { type: 'ChannelStateChanged', data: { state: 6 } }),
  whole(101, {
    type: 'CallerIdChanged',
    data: { callerNumber: null, callerName: 'Zoë', callerPresentation: 'x', callerRdnis: '900' },
  }),
  whole(102, { type: 'CallerIdChanged', data: {} }),
  whole(102, { type: 'ConnectedLineChanged', data: { connectedNumber: '102', connectedName: null } }),
  whole(102, { type: 'ConnectedLineChanged', data: {} }),
  whole(102, {
    type: 'DialplanMoved',
    data: { context: 'calls', exten: '_6XX', priority: 3, application: 'Dial', applicationData: 'PJSIP/bob,20' },
  }),
  whole(103, { type: 'DialplanMoved', data: { priority: 4 } }),
  whole(103, { type: 'DialplanMoved', data: {} }),
  whole(103, { type: 'AccountCodeChanged', data: { accountCode: 'sales' } }),
  whole(104, { type: 'ChannelRenamed', data: { name: 'PJSIP/alice-00000001<ZOMBIE>' } }),
  whole(105, { type: 'ChannelRenamed', data: { name: 'PJSIP/alice-0000000a' } }),
  whole(106, {
    type: 'ChannelDetailsChanged',
    data: { linkedid: '1795359700.0', language: 'de', created: 1795359700000, tenantid: '', protocolid: '' },
  }),
  whole(106, { type: 'ChannelDetailsChanged', data: {} }),
  whole(107, { type: 'BridgeEntered', data: { bridge: 'b1' } }),
  whole(108, { type: 'BridgeLeft', data: { bridge: 'b1' } }),
  whole(109, { type: 'BridgeEntered', data: { bridge: 'b2' } }),
  whole(110, { type: 'ChannelHeld', data: {} }),
  whole(111, { type: 'ChannelUnheld', data: {} }),
  whole(112, { type: 'ChannelHeld', data: { musicClass: 'default' } }),
  whole(113, { type: 'VariableSet', data: { variable: 'TICKET', value: '' } }),
  whole(114, { type: 'HangupRequested', data: {} }),
  whole(115, { type: 'HangupRequested', data: { cause: 16 } }),

  channel(
    '1795359720.2',
    2,
    'ari',
  )(120, { type: 'ChannelCreated', data: { name: 'Local/a/b@c-1;1', state: 0, origin: 'found' } }),
  channel(
    '1795359720.2',
    2,
    'ari',
  )(121, {
    type: 'ChannelDestroyed',
    data: { reason: 'hangup', cause: 17, causeText: 'User busy', techCause: 'SIP 486 Busy Here' },
  }),

  reconciled(130, { type: 'ChannelCreated', data: { name: 'PJSIP/bob-00000003', origin: 'found' } }),
  reconciled(131, { type: 'ChannelDestroyed', data: { reason: 'reconciled' } }),
  reconciled(132, { type: 'ChannelCreated', data: { name: 'PJSIP/bob-00000003', state: 6, origin: 'found' } }),
  channel(
    '1795359730.3',
    2,
    'operator',
  )(133, { type: 'EventSkipped', data: { revision: 1, reason: 'nothing waited for it' } }),

  pbx(2, 'reconcile')(140, { type: 'Reconciled', data: { listed: 2, created: 1, changed: 0, removed: 1 } }),
  pbx(2, 'ari')(150, { type: 'PbxConnected', data: { source: 'ari', recording: true } }),
];
