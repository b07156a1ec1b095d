import { position } from '@rollcall/channel';
import { expect, test } from 'vitest';
import { logOf } from '../../../../test/support/history.ts';
import { type Told, toldEvents } from '../testing/told-log.ts';
import { readPbxEvents } from './pbx-events.ts';

/** 30,000 events, every third of them the PBX's own. */
const EVENTS = toldEvents(
  Array.from({ length: 30_000 }, (_, index): Told => {
    if (index % 3 > 0) return { event: { type: 'ChannelHeld', data: {} } };
    const data = { listed: index, created: 0, changed: 0, removed: 0 };
    return { stream: 'pbx/a', event: { type: 'Reconciled', data } };
  }),
);

test.each([0, 1, 2, 3, 100, 14_999, 15_000, 15_001, 29_900])(
  'what a PBX said after #%i is found, and what it said before, without reading its whole stream',
  async (after) => {
    const log = logOf(EVENTS);
    let read = 0;
    const counting = {
      ...log,
      async *readStream(...args: Parameters<typeof log.readStream>) {
        for await (const batch of log.readStream(...args)) {
          read += batch.length;
          yield batch;
        }
      },
    };
    const window = { after: position(after), before: position(after + 30), limit: 100 };
    const own = EVENTS.filter(({ stream }) => stream === 'pbx/a');
    const { before, within, leftOut } = await readPbxEvents(counting, 'a', window);
    expect(within).toEqual(own.filter(({ position: at }) => at > after && at < after + 30));
    expect(before).toEqual(own.filter(({ position: at }) => at <= after).slice(-20));
    expect(leftOut).toBe(0);
    expect(read).toBeLessThan(1_200);
  },
);

test('of more than the limit the last ones are kept, and the others counted', async () => {
  const window = { after: position(0), before: position(300), limit: 10 };
  const { within, leftOut } = await readPbxEvents(logOf(EVENTS), 'a', window);
  expect(within.map(({ position: at }) => at)).toEqual([271, 274, 277, 280, 283, 286, 289, 292, 295, 298]);
  expect(leftOut).toBe(90);
});

test('a PBX that nothing was written of said nothing', async () => {
  const window = { after: position(0), before: position(300), limit: 10 };
  expect(await readPbxEvents(logOf(EVENTS), 'b', window)).toEqual({ before: [], within: [], leftOut: 0 });
});
