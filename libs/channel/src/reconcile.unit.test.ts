import { describe, expect, test } from 'vitest';
import type { Channel } from './channel.ts';
import { type ReconcileContext, reconcile } from './reconcile.ts';
import { channelNamed } from './testing/channel-named.ts';

const known = channelNamed('PJSIP/a-1', { state: 6, bridge: '' });

const context = (options: Partial<ReconcileContext> & { channel?: Channel } = {}): ReconcileContext => ({
  live: [options.channel ?? known],
  find: (uniqueid) => (uniqueid === '1.1' ? { is: 'live', channel: options.channel ?? known } : { is: 'unseen' }),
  touched: () => false,
  leftBridge: () => undefined,
  ...options,
});
const list = (channels: { uniqueid: string; facts: object }[], complete = true) => ({
  authority: 'real' as const,
  channels,
  complete,
});

describe('reconcile', () => {
  test('finds what is missing in a complete list', () => {
    expect(reconcile(list([]), context()).missing).toEqual([known]);
  });
  test('removes nothing by an incomplete list', () => {
    expect(reconcile(list([], false), context()).missing).toEqual([]);
  });
  test('lets an event that is newer than the list win', () => {
    expect(reconcile(list([]), context({ touched: () => true })).missing).toEqual([]);
    const changed = list([{ uniqueid: '1.1', facts: { state: 4 } }]);
    expect(reconcile(changed, context({ touched: () => true })).changed).toEqual([]);
  });
  test('takes over what was never seen, and doubts what is over', () => {
    const item = { uniqueid: '2.2', facts: { name: 'PJSIP/b-2' } };
    expect(reconcile(list([item]), context()).created).toEqual([item]);
    expect(reconcile(list([item]), context({ find: () => ({ is: 'closed' }) })).suspects).toEqual([item]);
  });
  test('corrects what differs', () => {
    const { changed } = reconcile(list([{ uniqueid: '1.1', facts: { state: 4, bridge: 'b1' } }]), context());
    expect(changed[0]?.events.map(({ type }) => type)).toEqual(['ChannelStateChanged', 'BridgeEntered']);
  });
  test('does not put a channel back into the bridge that it was seen to leave (Asterisk lists it a moment longer)', () => {
    const listed = list([{ uniqueid: '1.1', facts: { bridge: 'b1' } }]);
    expect(reconcile(listed, context({ leftBridge: () => 'b1' })).changed).toEqual([]);
  });
  test('keeps the creation time that is known: a list counts whole seconds', () => {
    const channel = channelNamed('PJSIP/a-1', { created: 1234 });
    const listed = list([{ uniqueid: '1.1', facts: { created: 1000 } }]);
    expect(reconcile(listed, context({ channel })).changed).toEqual([]);
  });
});
