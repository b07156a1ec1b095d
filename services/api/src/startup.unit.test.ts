import { describe, expect, test } from 'vitest';
import { startedAt, startupPrinted } from './startup.ts';

describe('when a PBX started', () => {
  test.each([
    ['ami:2026-11-23 09:08:56', '2026-11-23', '09:08:56'],
    ['ari:2026-11-23T09:08:56.684+0530', '2026-11-23', '09:08:56'],
  ])('%s is printed as the PBX itself prints it', (startup, date, time) => {
    expect(startupPrinted({ startup })).toEqual({ date, time });
  });
  test.each([undefined, '', 'ami:', 'ami:x y', 'log:2026-11-23 09:08:56'])('%s says nothing', (startup) => {
    expect(startupPrinted({ startup })).toBeUndefined();
    expect(startedAt({ startup })).toBeUndefined();
  });
  test('by ARI it is a moment; by AMI one in the zone of this host', () => {
    expect(startedAt({ startup: 'ari:2026-11-23T09:08:56.684+0530' })).toBe(Date.UTC(2026, 10, 23, 3, 38, 56));
    expect(startedAt({ startup: 'ami:2026-11-23 09:08:56' })).toBe(new Date(2026, 10, 23, 9, 8, 56).getTime());
  });
  test('a date that is none says nothing of a moment', () => {
    expect(startedAt({ startup: 'ami:2026-99-23 09:08:56' })).toBeUndefined();
  });
});
