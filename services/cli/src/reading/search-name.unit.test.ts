import { position, START } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { type Told, toldLog } from '../testing/told-log.ts';
import { searchName } from './search-name.ts';

const NAME = 'PJSIP/alice-00000001';
const EVENTS = 50_000;

/** 50,000 events; the channels `named` were called so, at those positions. */
const logWith = (named: Record<number, string>) =>
  toldLog(
    Array.from({ length: EVENTS }, (_, index): Told => {
      const uniqueid = named[index + 1];
      const event = {
        type: 'ChannelCreated' as const,
        data: { name: uniqueid ? NAME : 'PJSIP/other', origin: 'created' as const },
      };
      return { stream: `channel/a/1/${uniqueid ?? `x${index}`}`, event };
    }),
  );

/** `ticks`: what passes between two looks at the clock, in milliseconds. */
const search = (
  log: ReturnType<typeof logWith>,
  more: { whole?: boolean; ticks?: number; text?: string; pbx?: string; after?: number } = {},
) => {
  const { whole = false, ticks = 0, text = NAME, pbx, after = START } = more;
  let now = 0;
  const monotonic = () => {
    now += ticks;
    return now;
  };
  const bounds = { after: position(after), to: position(EVENTS), whole, clock: { monotonic }, progress: () => {} };
  return searchName({ text, pbx }, log, bounds);
};

describe('a name that is over', () => {
  test('is found backwards from the end, the newest first, and nothing older is looked for', async () => {
    const log = logWith({ 10: 'old', 45000: 'newer', 49000: 'newest' });
    expect(await search(log)).toEqual({
      streams: ['channel/a/1/newest', 'channel/a/1/newer'],
      searchedTo: 30_000,
    });
  });
  test('is found whatever the case, and of one PBX alone', async () => {
    const log = logWith({ 49000: 'newest' });
    expect((await search(log, { text: NAME.toUpperCase() })).streams).toEqual(['channel/a/1/newest']);
    expect((await search(log, { pbx: 'b' })).streams).toEqual([]);
  });
  test('is given up when that takes too long: it says how far it came', async () => {
    expect(await search(logWith({ 10: 'old' }), { ticks: 1_000 })).toEqual({ streams: [], searchedTo: 30_000 });
  });
  test('is looked for in everything when it is quick, or where that was asked for', async () => {
    const log = logWith({ 10: 'old', 49000: 'newest' });
    expect(await search(logWith({ 10: 'old' }))).toEqual({ streams: ['channel/a/1/old'], searchedTo: 0 });
    expect((await search(log, { whole: true, ticks: 1_000 })).streams).toEqual([
      'channel/a/1/newest',
      'channel/a/1/old',
    ]);
    expect((await search(log, { whole: true, after: 10 })).streams).toEqual(['channel/a/1/newest']);
  });
});
