import { position, type RecordedEvent, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { createMemoryCache } from '@rollcall/state-cache';
import { expect, test } from 'vitest';
import { createStep } from './step.ts';

const STREAM = 'channel/pbx-a/1/7.1';

const envelope = (at: number) => ({
  id: `00000000-0000-4000-8000-00000000000${at}`,
  time: 0,
  recorded: 0,
  pbx: 'pbx-a',
  boot: 1,
  source: 'ami' as const,
  schema: SCHEMA_VERSION,
  stream: STREAM,
  revision: revision(at),
  position: position(10 + at),
});

const created: RecordedEvent = {
  ...envelope(0),
  type: 'ChannelCreated',
  data: { name: 'PJSIP/a-1', origin: 'created' },
};
const destroyed: RecordedEvent = { ...envelope(1), type: 'ChannelDestroyed', data: { reason: 'hangup' } };

test('a removal says which event ended the stream', () => {
  const step = createStep(createMemoryCache());
  step.apply(created);
  step.apply(destroyed);
  const { puts, removals, ends } = step.changes(position(11));
  expect(puts.size).toBe(0);
  expect(removals).toEqual([STREAM]);
  expect(ends).toEqual(new Map([[STREAM, { revision: 1, position: 11 }]]));
});
