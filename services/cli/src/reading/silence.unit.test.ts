import type { DomainEvent, RecordedEvent } from '@rollcall/channel';
import { describe, expect, test } from 'vitest';
import { logOf } from '../../../../test/support/history.ts';
import { type Told, toldEvents } from '../testing/told-log.ts';
import { readSilence, silenceText } from './silence.ts';

const held: DomainEvent = { type: 'ChannelHeld', data: {} };
const connected: Told['event'] = { type: 'PbxConnected', data: { source: 'ami' } };

/** A report, the loss, the connection after it, and a report again. */
const given = (reason: string) => {
  const events = toldEvents([
    { event: held, at: 1_000, recorded: 1_010 },
    { stream: 'pbx/a', event: { type: 'PbxDisconnected', data: { reason } }, at: 9_000 },
    { stream: 'pbx/a', event: connected, at: 11_000 },
    { event: held, source: 'reconcile', at: 11_500 },
    { event: held, at: 5_040 },
  ]);
  const [, lost, back] = events;
  return { log: logOf(events), lost: lost as RecordedEvent & { type: 'PbxDisconnected' }, back };
};

describe('nothing is heard', () => {
  test('from the loss to the next connection', async () => {
    const { log, lost, back } = given('ECONNRESET');
    const silence = await readSilence(log, lost, back, false);
    expect(silence).toEqual({ from: 9_000, to: 11_000, atMost: false, reason: 'ECONNRESET' });
    expect(silenceText('a', silence, 99_000)).toBe('nothing was heard of a for 2.0 s (ECONNRESET)');
  });
  test('since the loss, while it lasts', async () => {
    const { log, lost } = given('ECONNRESET');
    const silence = await readSilence(log, lost, undefined, false);
    expect(silenceText('a', silence, 99_000)).toBe('nothing is heard of a since, for 1 min 30 s so far (ECONNRESET)');
  });
  test('by a Rollcall that was killed, since the last that it wrote', async () => {
    const { log, lost, back } = given('Rollcall was not running');
    const silence = await readSilence(log, lost, back, false);
    expect(silence).toMatchObject({ from: 1_010, to: 11_000, atMost: true });
  });
  test('in a recording, between two reports of the PBX: its losses have the time of the import', async () => {
    const { log, lost, back } = given('the recorded connection ended');
    const silence = await readSilence(log, lost, back, true);
    expect(silence).toMatchObject({ from: 1_000, to: 5_040, atMost: true });
    expect(silenceText('a', silence, 0)).toBe(
      'nothing was heard of a for at most 4.1 s (the recorded connection ended)',
    );
  });
});

test.each([
  [-5, '0.0 s'],
  [1, '0.1 s'],
  [59_900, '59.9 s'],
  [59_901, '1 min 0 s'],
  [3_599_001, '1 h 0 min'],
  [7_260_001, '2 h 2 min'],
  [90_000_000, '1 d 1 h'],
])('%i ms is at most %s', (ms, text) => {
  const silence = { from: 0, to: ms, atMost: true, reason: 'x' };
  expect(silenceText('a', silence, 0)).toBe(`nothing was heard of a for at most ${text} (x)`);
});
