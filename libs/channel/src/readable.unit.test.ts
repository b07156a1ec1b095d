import { describe, expect, test } from 'vitest';
import { domainEventSchema, type RecordedEvent } from './events.ts';
import { position, revision } from './place.ts';
import { readEvent, refusal, takeable, type Upcasters, type WrittenEvent } from './readable.ts';

/**
 * Invented versions. 1: `Renamed` with `title`. 2: it is called ChannelRenamed. 3: `title` is called `name`, and numbers of
 * states are texts no longer. 4: the present one.
 */
const upcasters: Upcasters = new Map([
  [1, (event) => (event.type === 'Renamed' ? { ...event, type: 'ChannelRenamed' } : event)],
  [
    2,
    (event) => {
      if (event.type !== 'ChannelRenamed') return event;
      return { type: event.type, data: { name: (event.data as { title: string }).title } };
    },
  ],
  [
    3,
    (event) => {
      if (event.type !== 'ChannelStateChanged') return event;
      const state = Number((event.data as { state: string }).state);
      if (Number.isNaN(state)) throw new TypeError('no number');
      return { type: event.type, data: { state } };
    },
  ],
]);
const read = (event: WrittenEvent, schema: number) => readEvent(event, schema, upcasters, 4);

describe('an event of an older schema', () => {
  test('is brought up through every version above its own', () => {
    const renamed = { type: 'ChannelRenamed', data: { name: 'PJSIP/a-1' } };
    expect(read({ type: 'Renamed', data: { title: 'PJSIP/a-1' } }, 1)).toEqual(renamed);
    expect(read({ type: 'ChannelRenamed', data: { title: 'PJSIP/a-1' } }, 2)).toEqual(renamed);
    expect(read({ type: 'ChannelRenamed', data: { name: 'PJSIP/a-1' } }, 3)).toEqual(renamed);
    expect(read(renamed, 4)).toEqual(renamed);
    const raised = { type: 'ChannelStateChanged', data: { state: 6 } };
    for (const schema of [1, 2, 3]) {
      expect(read({ type: 'ChannelStateChanged', data: { state: '6' } }, schema)).toEqual(raised);
    }
  });
  test('is not taken for one of another version', () => {
    expect(read({ type: 'Renamed', data: { title: 'PJSIP/a-1' } }, 2)).toMatchObject({ type: 'Unreadable' });
    expect(read({ type: 'ChannelStateChanged', data: { state: '6' } }, 4)).toMatchObject({ type: 'Unreadable' });
  });
  test.each([
    [
      'an upcaster that throws',
      { type: 'ChannelStateChanged', data: { state: 'up' } },
      'schema 3 could not be brought up: TypeError: no number',
    ],
    [
      'an upcaster that finds no object',
      { type: 'ChannelRenamed', data: null },
      'schema 2 could not be brought up: TypeError: ',
    ],
    ['what comes out of them and is no event', { type: 'ChannelRenamed', data: { title: 7 } }, 'name: '],
  ])('%s makes it unreadable, as it was written', (_, event, reason) => {
    expect(read(event, 2)).toEqual({
      type: 'Unreadable',
      data: { type: event.type, text: JSON.stringify(event.data), reason: expect.stringContaining(reason) },
    });
  });
  test('that nothing brings up is unreadable, not taken as it stands', () => {
    const event = { type: 'ChannelStateChanged', data: { state: 6 } };
    const lacking = new Map([...upcasters].filter(([version]) => version !== 2));
    expect(readEvent(event, 1, lacking, 4)).toMatchObject({
      type: 'Unreadable',
      data: { reason: 'nothing here brings schema 2 up' },
    });
  });
});

test.each([5, 9, 0, -1, 1.5, Number.NaN])('schema %d is not known: what it says is kept as text', (schema) => {
  expect(read({ type: 'ChannelRenamed', data: { name: 'PJSIP/a-1' } }, schema)).toEqual({
    type: 'Unreadable',
    data: {
      type: 'ChannelRenamed',
      text: '{"name":"PJSIP/a-1"}',
      reason: `schema ${schema} is not known here; this version reads 1 to 4`,
    },
  });
});

test('a text that is too long is cut', () => {
  const read = readEvent({ type: 'Unheard', data: 'x'.repeat(5_000) }, 1);
  expect(read).toMatchObject({ type: 'Unreadable', data: { reason: 'events named "Unheard" are not known here' } });
  expect(read.type === 'Unreadable' && read.data.text.length).toBe(2_000);
});

const recorded = (type: string, data: unknown): RecordedEvent =>
  ({
    type,
    data,
    ...{ id: '', time: 0, recorded: 0, pbx: 'a', boot: 1, source: 'ami', schema: 1, stream: 'channel/a/1/1.1' },
    ...{ revision: revision(0), position: position(1) },
  }) as RecordedEvent;

describe('what no handler can take', () => {
  test.each([
    ['ChannelStateChanged', null, 'its data is not an object'],
    ['ChannelHeld', 'music', 'its data is not an object'],
    ['ChannelUnheld', [], 'its data is not an object'],
    ['ChannelStateChanged', {}, 'data.state is missing'],
    ['ChannelStateChanged', { state: '6' }, 'data.state is of a wrong kind: string'],
    ['ChannelCreated', { origin: 'created' }, 'data.name is missing'],
    [
      'ChannelCreated',
      { origin: 'created', name: 'PJSIP/a-1', variables: ['x'] },
      'data.variables is of a wrong kind: object',
    ],
    ['CallerIdChanged', { callerName: 7 }, 'data.callerName is of a wrong kind: number'],
    ['DialplanMoved', { priority: null }, 'data.priority is of a wrong kind: object'],
    ['DialplanMoved', { revision: 900 }, 'data.revision is not known here'],
    ['PbxConnected', { source: 'ami', recording: 'yes' }, 'data.recording is of a wrong kind: string'],
    ['ChannelTeleported', {}, 'events named "ChannelTeleported" are not known here'],
  ])('%s %j: %s', (type, data, reason) => {
    expect(refusal(recorded(type, data))).toBe(reason);
  });
  test('nothing that its schema takes is refused', () => {
    for (const event of [
      { type: 'CallerIdChanged', data: { callerName: null } },
      { type: 'HangupRequested', data: { cause: undefined } },
      { type: 'ChannelUnheld', data: {} },
      { type: 'ChannelCreated', data: { name: 'PJSIP/a-1', origin: 'found', variables: { A: '1' }, created: 1.5 } },
    ]) {
      expect(domainEventSchema.safeParse(event).success).toBe(true);
      expect(refusal(recorded(event.type, event.data))).toBeUndefined();
    }
  });
  test('goes on as one that cannot be read; what all can take stays as it is', () => {
    expect(takeable(recorded('ChannelHeld', null))).toMatchObject({
      type: 'Unreadable',
      data: { type: 'ChannelHeld', text: 'null', reason: 'its data is not an object' },
      stream: 'channel/a/1/1.1',
    });
    for (const event of [recorded('ChannelUnheld', {}), takeable(recorded('ChannelHeld', 7))]) {
      expect(takeable(event)).toBe(event);
    }
  });
});
