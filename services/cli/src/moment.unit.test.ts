import { isRollcallError } from '@rollcall/errors';
import { describe, expect, test } from 'vitest';
import { moment } from './moment.ts';

/** 2026-11-22 15:30 where the test runs. */
const NOW = new Date(2026, 10, 22, 15, 30).getTime();
/** `refused` as a test. */
const isRefused = (text: string): void => void refused(text);
const at = (text: string) => moment(text, NOW);
const local = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime();

test.each([
  ['0', 0],
  ['12345', 12_345],
  ['999999999999999', 999_999_999_999_999],
])('%s is a position', (text, position) => {
  expect(at(text)).toEqual({ is: 'position', position });
});

describe('times', () => {
  test.each([
    ['2026-11-22T14:03:00Z', Date.UTC(2026, 10, 22, 14, 3)],
    ['2026-11-22T14:03Z', Date.UTC(2026, 10, 22, 14, 3)],
    ['2026-11-22T14:03:00.250Z', Date.UTC(2026, 10, 22, 14, 3, 0, 250)],
    ['2026-11-22T14:03:00+01:00', Date.UTC(2026, 10, 22, 13, 3)],
    ['2026-11-22T14:03:00-0530', Date.UTC(2026, 10, 22, 19, 33)],
    ['2024-02-29T00:00Z', Date.UTC(2024, 1, 29)],
  ])('%s', (text, time) => {
    expect(at(text)).toEqual({ is: 'time', time });
  });
  test.each([
    ['2026-11-22T14:03:00', local(2026, 10, 22, 14, 3)],
    ['2026-11-22 14:03', local(2026, 10, 22, 14, 3)],
    ['2026-11-22', local(2026, 10, 22)],
    ['14:03', local(2026, 10, 22, 14, 3)],
    ['14:03:30', local(2026, 10, 22, 14, 3, 30)],
    ['00:00', local(2026, 10, 22)],
    ['23:50', local(2026, 10, 21, 23, 50)],
    ['15:31', local(2026, 10, 22, 15, 31)],
    ['15:32', local(2026, 10, 21, 15, 32)],
  ])('%s is local', (text, time) => {
    expect(at(text)).toEqual({ is: 'time', time });
  });
  test('and stays so in another zone', () => {
    const zone = process.env.TZ;
    try {
      process.env.TZ = 'America/St_Johns';
      const noon = Date.UTC(2026, 10, 22, 12);
      expect(moment('2026-11-22', noon)).toEqual({ is: 'time', time: Date.UTC(2026, 10, 22, 3, 30) });
      expect(moment('01:00', noon)).toEqual({ is: 'time', time: Date.UTC(2026, 10, 22, 4, 30) });
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
  test.each([
    ['-10s', 10_000],
    ['-10m', 600_000],
    ['-1.5h', 5_400_000],
    ['-2d', 172_800_000],
    ['-0s', 0],
  ])('%s is that long ago', (text, milliseconds) => {
    expect(at(text)).toEqual({ is: 'time', time: NOW - milliseconds });
  });
});

describe('nonsense is refused, with what can be given', () => {
  test.each([
    '',
    ' ',
    'now',
    'yesterday',
    '-',
    '-m',
    '10m',
    '-10',
    '-10x',
    '--5m',
    '+5m',
    '1.5',
    '-99999999999d',
    '-1',
    '1e3',
    '0x10',
    '1'.repeat(16),
  ])('%j', isRefused);
  test.each([
    '25:00',
    '14:60',
    '14:3',
    '2:30',
    '2026-13-01',
    '2026-00-10',
    '2026-11-31',
    '2026-02-30T10:00',
    '2025-02-29',
    '2026-11-22T',
    '2026-11-22T14',
    '2026-11-22T14:03:00+1',
    '22.11.2026',
    '2026/11/22',
    '2026-11-22T14:03Zulu',
    '２０２６-11-22',
  ])('%j', isRefused);
  test('of any length, and shows only its beginning', () => {
    const said = refused(`x\n${'y'.repeat(100_000)}`);
    expect(said.length).toBeLessThan(300);
    expect(said).not.toContain('\n');
  });
});

function refused(text: string): string {
  try {
    at(text);
  } catch (error) {
    if (!isRollcallError(error, 'AT_UNCLEAR')) throw error;
    expect(error.advice).toContain('-10m');
    return error.line;
  }
  throw new Error(`${text} was not refused`);
}
