import { describe, expect, test } from 'vitest';
import { decide, type StreamState } from './decide.ts';
import type { ChannelObservation } from './observation.ts';
import { channelNamed } from './testing/channel-named.ts';

const live = (facts = {}): StreamState => ({ is: 'live', channel: channelNamed('PJSIP/a-1', facts) });
const closed = (reason: 'hangup' | 'reconciled' = 'hangup', claimed = false): StreamState => ({
  is: 'closed',
  reason,
  claimed,
});
const said = (kind: 'created' | 'changed' | 'held' | 'unheld', facts = {}, proves = false): ChannelObservation => ({
  kind,
  uniqueid: '1.1',
  facts: { name: 'PJSIP/a-1', ...facts },
  source: 'ami',
  time: 1000,
  proves,
});
const hangup: ChannelObservation = { ...said('changed'), kind: 'destroyed', cause: 16, causeText: 'Normal Clearing' };
const asking = { canAsk: true };
const recording = { canAsk: false };
const types = (decision: { events: { type: string }[] }) => decision.events.map(({ type }) => type);

describe('a destroyed channel stays destroyed', () => {
  test.each([asking, recording])('when NewCallerid comes after Hangup (real: a22-masq), %o', (options) => {
    expect(decide(closed(), said('changed', { callerNumber: '1' }), options)).toEqual({ outcome: 'late', events: [] });
  });
  test('when a second Hangup comes', () => {
    expect(decide(closed(), hangup, asking)).toEqual({ outcome: 'duplicate', events: [] });
  });
  test('when Newchannel comes again: the PBX is asked first', () => {
    expect(decide(closed(), said('created'), asking)).toEqual({ outcome: 'suspect', events: [] });
    expect(decide(closed(), said('changed', {}, true), asking)).toEqual({ outcome: 'suspect', events: [] });
  });
  test('in a recording, until proof follows a second Newchannel', () => {
    expect(decide(closed(), said('created'), recording).events).toEqual([]);
    expect(decide(closed(), said('changed', {}, true), recording)).toEqual({ outcome: 'late', events: [] });
    expect(decide(closed('hangup', true), said('changed', { accountCode: 'x' }), recording).outcome).toBe('late');
    expect(types(decide(closed('hangup', true), said('changed', {}, true), recording))).toEqual(['ChannelCreated']);
  });
  test('unless it was only reconciled away, and a recording proves that it was there', () => {
    expect(types(decide(closed('reconciled'), said('changed', {}, true), recording))).toEqual(['ChannelCreated']);
  });
});

describe('a live channel', () => {
  test('ends with Hangup, its cause kept', () => {
    expect(decide(live(), hangup, asking).events).toEqual([
      { type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16, causeText: 'Normal Clearing' } },
    ]);
  });
  test('that is reported as new is put to the PBX (Asterisk issue 783: Newchannel instead of Hangup)', () => {
    expect(decide(live(), said('created'), asking)).toEqual({ outcome: 'suspect', events: [] });
  });
  test('that is reported as new in a recording is over: its farewell, or a new use of its id', () => {
    const decision = decide(live(), said('created'), recording);
    expect(decision).toEqual({
      outcome: 'suspect',
      events: [{ type: 'ChannelDestroyed', data: { reason: 'reconciled' } }],
    });
  });
  test('that a list knew before its own Newchannel came keeps what the list said', () => {
    const listed: StreamState = { is: 'live', channel: channelNamed('PJSIP/a-1', { state: 6 }, 'found') };
    expect(decide(listed, said('created', { state: 4 }), recording)).toEqual({ outcome: 'unchanged', events: [] });
  });
  test('that a list knew is put to the PBX too: its Newchannel may be a farewell, or a new use of its id', () => {
    const listed: StreamState = { is: 'live', channel: channelNamed('PJSIP/a-1', { state: 6 }, 'found') };
    expect(decide(listed, said('created', { state: 4 }), asking)).toEqual({ outcome: 'suspect', events: [] });
  });
  test('follows a silent rename: the same uniqueid, another name', () => {
    expect(decide(live(), said('changed', { name: 'PJSIP/b-2' }), asking).events).toEqual([
      { type: 'ChannelRenamed', data: { name: 'PJSIP/b-2' } },
    ]);
  });
  test('appends nothing for what is known already', () => {
    expect(decide(live({ state: 6 }), said('changed', { state: 6 }), asking)).toEqual({
      outcome: 'unchanged',
      events: [],
    });
  });
  test('keeps unknown, empty and not said apart', () => {
    const facts = { callerNumber: null, accountCode: '' };
    expect(decide(live({ ...facts }), said('changed', { ...facts }), asking).outcome).toBe('unchanged');
    expect(decide(live({ callerNumber: null }), said('changed', { callerNumber: '' }), asking).events).toEqual([
      { type: 'CallerIdChanged', data: { callerNumber: '' } },
    ]);
    expect(decide(live({ callerNumber: '' }), said('changed', {}), asking).outcome).toBe('unchanged');
  });
  test('says every difference that one report carries', () => {
    const report = said('changed', { state: 6, exten: '100', linkedid: '1.0', connectedName: 'Zoë' });
    expect(types(decide(live({ state: 4, exten: 's' }), report, asking))).toEqual([
      'ChannelStateChanged',
      'DialplanMoved',
      'ConnectedLineChanged',
      'ChannelDetailsChanged',
    ]);
  });
  test('leaves only the bridge that it is in: a move enters the next one first', () => {
    const left: ChannelObservation = { ...said('changed'), kind: 'bridge-left', bridge: 'b1' };
    expect(types(decide(live({ bridge: 'b1' }), left, asking))).toEqual(['BridgeLeft']);
    expect(decide(live({ bridge: 'b2' }), left, asking).outcome).toBe('unchanged');
  });
  test('is held once and unheld once', () => {
    expect(types(decide(live(), said('held'), asking))).toEqual(['ChannelHeld']);
    expect(decide(live(), said('unheld'), asking).outcome).toBe('unchanged');
  });
});

describe('a channel never seen', () => {
  test('begins with its Newchannel, at the time of it', () => {
    expect(decide({ is: 'unseen' }, said('created', { state: 4 }), asking).events).toEqual([
      { type: 'ChannelCreated', data: { name: 'PJSIP/a-1', state: 4, created: 1000, origin: 'created' } },
    ]);
  });
  test('is believed when a report proves it, and not otherwise', () => {
    expect(types(decide({ is: 'unseen' }, said('changed', {}, true), asking))).toEqual(['ChannelCreated']);
    expect(decide({ is: 'unseen' }, said('changed'), asking)).toEqual({ outcome: 'unknown', events: [] });
    expect(decide({ is: 'unseen' }, hangup, asking).events).toEqual([]);
  });
  test('that enters a bridge first is created in it', () => {
    const entered: ChannelObservation = { ...said('changed', {}, true), kind: 'bridge-entered', bridge: 'b1' };
    expect(types(decide({ is: 'unseen' }, entered, asking))).toEqual(['ChannelCreated', 'BridgeEntered']);
  });
});
