import { position, type RecordedEvent, revision, START } from '@rollcall/channel';
import { expect, test } from 'vitest';
import { created, streamOf } from '../../../../test/contract/event-log.events.ts';
import { recentEvents } from './recent-events.ts';

const at = (place: number): RecordedEvent => ({
  ...created(),
  stream: streamOf('1'),
  revision: revision(0),
  position: position(place),
  recorded: 0,
});

const places = (events: RecordedEvent[] | undefined) => events?.map((event) => event.position);

test('gives what follows a place, as long as all that follows it is kept', () => {
  const recent = recentEvents(3);
  recent.reset(position(10));
  recent.add([at(11), at(12), at(15)]);
  expect(places(recent.after(position(9), 10))).toBeUndefined();
  expect(places(recent.after(position(10), 10))).toEqual([11, 12, 15]);
  expect(places(recent.after(position(13), 10))).toEqual([15]);
  expect(places(recent.after(position(10), 2))).toEqual([11, 12]);
  expect(places(recent.after(position(15), 10))).toEqual([]);
});

test('forgets the oldest, and says so to who needs them', () => {
  const recent = recentEvents(3);
  recent.reset(START);
  for (let place = 1; place <= 100; place += 1) {
    recent.add([at(place)]);
    const kept = Array.from({ length: place }, (_, after) => recent.after(position(after), 1_000)).filter(Boolean);
    expect(kept.length).toBeLessThan(6);
    expect(places(recent.after(position(Math.max(0, place - 3)), 10))).toHaveLength(Math.min(3, place));
  }
  expect(recent.after(position(90), 10)).toBeUndefined();
});

test('keeps nothing from before it was reset', () => {
  const recent = recentEvents(3);
  recent.add([at(1)]);
  recent.reset(position(5));
  recent.add([at(6)]);
  expect(recent.after(position(1), 10)).toBeUndefined();
  expect(places(recent.after(position(5), 10))).toEqual([6]);
});
