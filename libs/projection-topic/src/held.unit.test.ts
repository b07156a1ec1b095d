import { describe, expect, test } from 'vitest';
import { type Held, needOf } from './held.ts';
import { channelOf } from './testing/a-list.ts';
import { digestOf } from './write-record.ts';

const at = { log: 'log-1', checkpoint: 100 };
const channel = channelOf('7.1', { revision: 4, position: 90 });
const nothing = { channel: undefined, end: undefined, held: undefined };

const held = (
  revision: number,
  position: number,
  more: { log?: string; boot?: number; digest?: number } = {},
): Held => ({
  version: { log: more.log ?? 'log-1', boot: more.boot ?? 1, revision, gone: false },
  position,
  digest: more.digest ?? digestOf(JSON.stringify(channel)),
});

const end = { boot: 1, revision: 6, position: 95 };

describe('a live channel', () => {
  test('that the topic has as it is needs nothing', () => {
    expect(needOf({ ...nothing, channel, held: held(4, 90) }, at)).toEqual({ is: 'nothing' });
  });

  test.each([
    ['that the topic does not have', undefined],
    ['of which the topic has an older revision', held(3, 80)],
    ['which is otherwise at the same revision, as a newer version folds it', held(4, 90, { digest: 1 })],
    ['of which the topic has an older boot', held(9, 20, { boot: 0 })],
    ['which stands there as of another log', held(4, 90, { log: 'log-0' })],
    ['which stands there as of another log that was further on', held(40, 9_000, { log: 'log-0' })],
    ['which stands there as what the log does not have any more, below the checkpoint', held(7, 99)],
  ])('%s is published', (_, before) => {
    const need = needOf({ ...nothing, channel, held: before }, at);
    expect(need).toMatchObject({ is: 'snapshot', channel, held: { version: { revision: 4 }, position: 90 } });
  });

  test('of which the topic knows more than the list waits until the list has come as far', () => {
    expect(needOf({ ...nothing, channel, held: held(5, 101) }, at)).toEqual({ is: 'wait', position: 101 });
  });
});

describe('what is not live', () => {
  test('and not on the topic either needs nothing', () => {
    expect(needOf(nothing, at)).toEqual({ is: 'nothing' });
  });

  test('gets a tombstone as of its end, also where the topic has nothing: another may be writing there', () => {
    expect(needOf({ ...nothing, end, held: held(4, 90) }, at)).toEqual({
      is: 'tombstone',
      end: { log: 'log-1', ...end },
    });
    expect(needOf({ ...nothing, end }, at)).toEqual({ is: 'tombstone', end: { log: 'log-1', ...end } });
  });

  test('and still on the topic, as after a rebuild, gets a tombstone as of what stands there', () => {
    const stands = { log: 'log-1', boot: 1, revision: 4, position: 90 };
    expect(needOf({ ...nothing, held: held(4, 90) }, at)).toEqual({ is: 'tombstone', end: stands });
  });

  test('gets one that is not older than what stands there', () => {
    const stands = { log: 'log-1', boot: 1, revision: 8, position: 99 };
    expect(needOf({ ...nothing, end, held: held(8, 99) }, at)).toEqual({ is: 'tombstone', end: stands });
  });

  test('in this log gets one as of the other log that stands there, so that this log can begin at its own places', () => {
    const stands = { log: 'log-0', boot: 1, revision: 40, position: 9_000 };
    expect(needOf({ ...nothing, held: held(40, 9_000, { log: 'log-0' }) }, at)).toEqual({
      is: 'tombstone',
      end: stands,
    });
  });

  test('in the list yet, which is behind, is left alone until the list has come as far', () => {
    expect(needOf({ ...nothing, held: held(0, 101) }, at)).toEqual({ is: 'wait', position: 101 });
  });
});
