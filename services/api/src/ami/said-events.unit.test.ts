import type { Channel, RecordedEvent } from '@rollcall/channel';
import type { Told } from '@rollcall/projector';
import { expect, test, vi } from 'vitest';
import { cacheOf, channelOf, pbxNamed } from '../testing/served.ts';
import { sayEvents } from './said-events.ts';

const told = (type: string, before: Channel | undefined, after: Channel | undefined, data: object = {}): Told => {
  const { pbx = '', uniqueid = '' } = after ?? before ?? {};
  const event = { stream: `channel/${pbx}/1/${uniqueid}`, type, pbx, time: 0, data } as unknown as RecordedEvent;
  return { event, before, after, pbx: undefined };
};

const inBridge = (uniqueid: string) => channelOf('pbx-a', uniqueid, { bridge: 'b' });
const free = (uniqueid: string) => channelOf('pbx-a', uniqueid);

test('how many channels a bridge has is counted from event to event, and the list is looked at once', async () => {
  const cache = cacheOf([pbxNamed('pbx-a')], [inBridge('1.1'), channelOf('pbx-b', '1.1', { bridge: 'b' })]);
  const list = vi.spyOn(cache, 'list');
  const batches: Told[][] = [
    [told('BridgeEntered', free('1.2'), inBridge('1.2'), { bridge: 'b' })],
    [
      told('BridgeEntered', free('1.3'), inBridge('1.3'), { bridge: 'b' }),
      told('BridgeLeft', inBridge('1.1'), free('1.1'), { bridge: 'b' }),
    ],
    // The hangup of who was in it is all that is told.
    [told('ChannelDestroyed', inBridge('1.2'), undefined, { reason: 'hangup' })],
    [told('BridgeLeft', inBridge('1.3'), free('1.3'), { bridge: 'b' })],
  ];
  const { follow, said } = sayEvents(async function* () {
    yield* batches;
  }, cache);
  const counts: string[] = [];
  for await (const batch of follow(undefined, new AbortController().signal)) {
    for (const { name, text } of said(batch)) {
      counts.push(`${name} ${/BridgeNumChannels: (\d+)/.exec(text)?.[1] ?? ''}`.trim());
    }
    expect(said(batch)).toBe(said(batch));
  }
  expect(counts).toEqual(['BridgeEnter 2', 'BridgeEnter 3', 'BridgeLeave 2', 'Hangup', 'BridgeLeave 0']);
  expect(list).toHaveBeenCalledTimes(1);
});
