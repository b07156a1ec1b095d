import type { Observation } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { captured } from './captures.fixture.ts';
import { createAmiObserver } from './observer.ts';

const observe = (bytes: Buffer | string, receivedAt?: number): Observation[] => {
  const observer = createAmiObserver({ variables: [] });
  return [...observer.push(Buffer.from(bytes), receivedAt), ...observer.end()];
};

const listsOf = (observations: Observation[]) =>
  observations.flatMap((seen) => (seen.kind === 'list' ? [seen.list] : []));

const message = (text: string): string => `${text.trim().replaceAll('\n', '\r\n')}\r\n\r\n`;
const item = (uniqueid: string, actionId = 'a', more = '') =>
  message(`Event: Status\nPrivilege: Call\nUniqueid: ${uniqueid}\nSeconds: 5\n${more}ActionID: ${actionId}`);
const complete = (items: number, actionId = 'a') =>
  message(`Event: StatusComplete\nActionID: ${actionId}\nEventList: Complete\nListItems: ${items}\nItems: ${items}`);
const newstate = message('Event: Newstate\nTimestamp: 1000.5\nUniqueid: 9.9');

describe('a list of a real Asterisk', () => {
  test('has every channel with application, bridge and time of creation (a22-disconnect)', () => {
    const [cache, real] = listsOf(observe(captured('a22-disconnect')));
    expect([cache?.authority, cache?.complete, cache?.channels.length]).toEqual(['cache', true, 18]);
    expect([real?.authority, real?.complete, real?.channels.length]).toEqual(['real', true, 18]);
    expect(real?.channels.map(({ uniqueid }) => uniqueid).toSorted()).toEqual(
      cache?.channels.map(({ uniqueid }) => uniqueid).toSorted(),
    );
    for (const channel of [...(real?.channels ?? []), ...(cache?.channels ?? [])]) {
      expect(channel.facts).toMatchObject({ applicationData: '', bridge: '', state: 6 });
      expect(channel.facts.application).toMatch(/^(Echo|Answer|Wait)$/);
      expect(Math.abs((channel.facts.created ?? 0) - Number(channel.uniqueid.split(/[-.]/)[2]) * 1000)).toBeLessThan(
        3000,
      );
    }
  });

  test('of the cache holds ghosts where the real one is empty (a16-ghost, a22-ghost)', () => {
    for (const scenario of ['a16-ghost', 'a22-ghost']) {
      expect(listsOf(observe(captured(scenario)))).toMatchObject([
        { authority: 'cache', complete: true, channels: [{}, {}, {}] },
        { authority: 'real', complete: true, channels: [] },
      ]);
    }
  });
});

describe('a list', () => {
  test('stands among the events where its last item came, and survives what stands between its items', () => {
    const observed = observe(item('1.1') + newstate + item('1.2', 'b') + item('1.2') + complete(2) + newstate);
    expect(observed.map((seen) => seen.kind)).toEqual(['changed', 'list', 'changed']);
    expect(listsOf(observed)[0]?.channels.map(({ uniqueid }) => uniqueid)).toEqual(['1.1', '1.2']);
    expect(listsOf(observed)[0]?.complete).toBe(true);
  });

  test.each([
    ['an item was lost', item('1.1') + item('1.2') + complete(3)],
    ['an item cannot be read', item('1.1') + item('1.2') + item('') + complete(3)],
    [
      'it was broken off',
      item('1.1') + item('1.2') + complete(2).replace('EventList: Complete', 'EventList: Cancelled'),
    ],
    ['the count is missing', item('1.1') + item('1.2') + complete(2).replace('ListItems', 'Things')],
    ['it has one item: it may be about one channel only', item('1.1') + complete(1)],
  ])('is not complete when %s', (_, bytes) => {
    expect(listsOf(observe(bytes))).toMatchObject([{ complete: false }]);
  });

  test('begins anew with its response, and dies with its connection', () => {
    const start = message('Response: Success\nActionID: a\nEventList: start\nMessage: Channel status will follow');
    expect(listsOf(observe(start + item('1.1') + start + item('1.2') + item('1.3') + complete(2)))[0]).toMatchObject({
      complete: true,
      channels: [{ uniqueid: '1.2' }, { uniqueid: '1.3' }],
    });
    const banner = 'Asterisk Call Manager/11.0.0\r\n';
    expect(listsOf(observe(item('1.1') + banner + item('1.2') + item('1.3') + complete(2)))[0]?.channels).toHaveLength(
      2,
    );
  });

  test('tells creation times by the PBX’s clock where it is known, else the receiver’s, else not', () => {
    const bytes = item('1.1') + item('1.2') + complete(2);
    const created = (observations: Observation[]) => listsOf(observations)[0]?.channels[0]?.facts.created;
    expect(created(observe(newstate + bytes))).toBe(995_500);
    expect(created(observe(bytes, 50_000))).toBe(45_000);
    expect(created(observe(bytes))).toBeUndefined();
    const observer = createAmiObserver({ variables: [] });
    observer.push(Buffer.from(newstate), 70_000);
    expect(created(observer.push(Buffer.from(bytes), 80_000))).toBe(1_005_500);
  });

  test('says a bridge that is none as empty', () => {
    const bytes = item('1.1', 'a', 'BridgeID: \n') + item('1.2', 'a', 'BridgeID: b\n') + complete(2);
    expect(listsOf(observe(bytes))[0]?.channels.map(({ facts }) => facts.bridge)).toEqual(['', 'b']);
  });

  test('that never ends does not keep others from ending: only the newest unfinished ones are held', () => {
    const many = Array.from({ length: 100 }, (_, index) => item(`1.${index}`, `open-${index}`)).join('');
    expect(listsOf(observe(many + item('2.1') + item('2.2') + complete(2)))).toMatchObject([{ complete: true }]);
  });
});
