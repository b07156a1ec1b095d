import { type DomainEvent, unreadable } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { toldEvents } from '../testing/told-log.ts';
import { timeline } from './timeline.ts';

const created: DomainEvent = { type: 'ChannelCreated', data: { name: 'PJSIP/a-1', origin: 'created' } };
const held: DomainEvent = { type: 'ChannelHeld', data: {} };
const skip = (revision: number): DomainEvent => ({ type: 'EventSkipped', data: { revision, reason: 'seen' } });
const ended: DomainEvent = { type: 'ChannelDestroyed', data: { reason: 'hangup' } };
const refused = unreadable('ChannelTeleported', '{"planet":"Mars"}', 'not known here');
const story = (...events: (DomainEvent | typeof refused)[]) => timeline(toldEvents(events.map((event) => ({ event }))));
const waited = (...events: (DomainEvent | typeof refused)[]) => story(...events).entries.map((entry) => entry.waited);

describe('a refused event', () => {
  test('is told with its name and why, and changes nothing; what comes behind it is told with what it changes', () => {
    const { entries, channel } = story(created, refused, held);
    expect(entries[1]).toMatchObject({ type: 'ChannelTeleported', refused: 'not known here', changes: [] });
    expect(entries[2]).toMatchObject({ waited: 1, changes: [{ field: 'held' }, { field: 'musicClass' }] });
    expect(channel).toMatchObject({ held: true, name: 'PJSIP/a-1' });
  });
  test('holds up what comes behind it until it is skipped', () => {
    expect(waited(created, refused, held, skip(1), held)).toEqual([undefined, undefined, 1, undefined, undefined]);
  });
  test('behind another one holds up the stream once more', () => {
    const behindBoth = waited(created, refused, refused, skip(1), held, skip(2), held);
    expect(behindBoth).toEqual([undefined, undefined, 1, 2, 2, undefined, undefined]);
  });
  test('that was skipped while it waited itself holds up nothing afterwards', () => {
    expect(waited(created, refused, refused, skip(2), skip(1), held).slice(3)).toEqual([1, undefined, undefined]);
  });
  test('holds up no end, and nothing after it', () => {
    expect(waited(created, refused, held, ended, created, held)).toEqual([
      ...[undefined, undefined, 1],
      ...[undefined, undefined, undefined],
    ]);
  });
  test('may be an event whose data is not what its type says', () => {
    const nothing = { type: 'ChannelHeld', data: null } as unknown as DomainEvent;
    const { entries, channel } = story(created, nothing);
    expect(entries[1]).toMatchObject({ type: 'ChannelHeld', refused: 'its data is not an object', changes: [] });
    expect(channel).toMatchObject({ held: undefined });
  });
});

test('what is noted of an event knows whether the channel had been over', () => {
  const events = toldEvents([created, ended, created].map((event) => ({ event })));
  const { entries } = timeline(events, ({ event, wasOver }) => `${event.type} ${wasOver}`);
  expect(entries.map(({ note }) => note)).toEqual([
    'ChannelCreated false',
    'ChannelDestroyed false',
    'ChannelCreated true',
  ]);
});
