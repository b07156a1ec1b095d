import { describe, expect, test } from 'vitest';
import { bootChange, counterOf, type UniqueidCounter } from './boot.ts';
import { evolvePbx, type Pbx } from './pbx.ts';
import { position, revision } from './place.ts';

const booted = (startup?: string): Pbx =>
  evolvePbx(undefined, {
    type: 'PbxBooted',
    data: { boot: 1, evidence: 'first-seen', startup },
    id: '00000000-0000-4000-8000-000000000000',
    time: 0,
    recorded: 0,
    pbx: 'a',
    boot: 1,
    source: 'ami',
    schema: 1,
    stream: 'pbx/a',
    revision: revision(0),
    position: position(1),
  });

describe('a new boot is told', () => {
  test('by a startup time that differs', () => {
    const sign = { sign: 'startup-time', startup: 'ami:2026-11-22 15:31:44' } as const;
    expect(bootChange(undefined, sign)).toBe(true);
    expect(bootChange(booted('ami:2026-11-22 15:13:58'), sign)).toBe(true);
    expect(bootChange(booted('ami:2026-11-22 15:31:44'), sign)).toBe(false);
  });
  test('not by a startup time that another source words otherwise, nor by the first one heard', () => {
    const sign = { sign: 'startup-time', startup: 'ami:2026-11-22 15:31:44' } as const;
    expect(bootChange(booted('ari:2026-11-22T15:31:44.000+0000'), sign)).toBe(false);
    expect(bootChange(booted(), sign)).toBe(false);
  });
  test('by an uptime that began later, rounding allowed for', () => {
    expect(bootChange(booted(), { sign: 'uptime', startedAt: 13_000, before: 0 })).toBe(true);
    expect(bootChange(booted(), { sign: 'uptime', startedAt: 1900, before: 0 })).toBe(false);
    expect(bootChange(booted(), { sign: 'uptime', startedAt: 13_000, before: undefined })).toBe(false);
  });
});

describe('uniqueid counters', () => {
  const restarts = (ids: string[]): boolean[] => {
    let highest: UniqueidCounter | undefined;
    return ids.map((id) => {
      const counted = counterOf(highest, id);
      highest = counted.highest;
      return counted.restarted;
    });
  };
  test('that fall while the time rises tell of a restart (real: a22-crash)', () => {
    expect(restarts(['pbx-a-1795361500.0', 'pbx-a-1795361501.11', 'pbx-a-1795361511.0'])).toEqual([false, false, true]);
  });
  test('out of order within a second tell of nothing', () => {
    expect(restarts(['1795361500.7', '1795361500.6', '1795361501.8', '1795361500.5'])).not.toContain(true);
  });
  test('of assigned ids say nothing', () => {
    expect(restarts(['1795361500.7', 'my-own-id', 'call.3'])).not.toContain(true);
  });
});
