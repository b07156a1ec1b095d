import { isRollcallError } from '@rollcall/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CallLog, connect, createCallLog, inDialplan, T0 } from '../testing/call-log.ts';
import { type Ran, runCommand } from '../testing/run-command.ts';

let calls: CallLog;
const NOW = T0 + 300_000;
const run = (...args: string[]): Promise<Ran> => runCommand(['channel', ...args], { data: calls.data, now: NOW });
const ALICE = 'PJSIP/alice-00000001';

beforeEach(async () => {
  calls = createCallLog();
  await connect(calls);
  await calls.channel('1.1', inDialplan(ALICE, 1), 1);
});
afterEach(() => calls.end());

const hangUp = () =>
  calls.channel(
    '1.1',
    { type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16, causeText: 'Normal Clearing' } },
    60,
  );
const lastLine = (out: string): string => out.trimEnd().split('\n').at(-1) ?? '';

describe('the story of a channel', () => {
  test('has every event with time, position, revision, source, and what it changed', async () => {
    await calls.channel('1.1', { type: 'ChannelStateChanged', data: { state: 5 } }, 2);
    await calls.channel('1.1', { type: 'CallerIdChanged', data: { callerName: 'Zoë\x1b[2J' } }, 3, {
      source: 'reconcile',
    });
    const { out, err, error } = await run('1.1');
    expect({ err, error }).toEqual({ err: '', error: undefined });
    expect(out.split('\n').slice(0, 3)).toEqual([ALICE, 'uniqueid 1.1, pbx-a boot 1', '']);
    expect(out).toContain('2026-11-22T15:00:01.000Z  #3  rev 0  ami  ChannelCreated\n    origin: created\n');
    expect(out).toContain(
      '2026-11-22T15:00:02.000Z  #4  rev 1  ami  ChannelStateChanged\n    state: Up (6) → Ringing (5)\n',
    );
    expect(out).toContain('  rev 2  reconcile  CallerIdChanged\n    callerName: (none) → Zoë\\x1b[2J\n');
    expect(lastLine(out)).toBe('Listed: it is live, and pbx-a is connected.');
  });
  test('is found by name while it is live, whatever the case, and over by uniqueid without a search', async () => {
    expect((await run('pjsip/ALICE-00000001')).out).toContain('uniqueid 1.1,');
    await hangUp();
    expect((await run('1.1')).err).toBe('');
  });
  test('that is over is found by any name that it had, by a search that is told of', async () => {
    await calls.channel('1.1', { type: 'ChannelRenamed', data: { name: 'PJSIP/alice-0000000f' } }, 5);
    await hangUp();
    for (const name of [ALICE, 'PJSIP/alice-0000000F']) {
      const { out, err } = await run(name);
      expect(out).toContain('    name: PJSIP/alice-00000001 → PJSIP/alice-0000000f\n');
      expect(err).toBe('Searching the log for channels that are over, up to #5 ...\n');
    }
    expect((await run(ALICE, '--since', '4')).exitCode).toBe(1);
  });
  test('--json has the same, for a program', async () => {
    await hangUp();
    const { out } = await run('1.1', '--json');
    expect(JSON.parse(out)).toMatchObject({
      pbx: 'pbx-a',
      boot: 1,
      uniqueid: '1.1',
      name: ALICE,
      listed: 'over',
      channel: null,
      events: [{ revision: 0 }, { revision: 1, type: 'ChannelDestroyed', time: T0 + 60_000 }],
    });
  });
  test('of one uniqueid on two PBXs: the live one, and a line for the other', async () => {
    await connect(calls, 'pbx-b');
    await calls.channel('1.1', inDialplan('PJSIP/bob-00000001'), 70, { pbx: 'pbx-b' });
    await calls.channel('1.1', { type: 'ChannelDestroyed', data: { reason: 'hangup' } }, 80, { pbx: 'pbx-b' });
    const { out, err } = await run('1.1');
    expect(out).toMatch(/^PJSIP\/alice-00000001\n/);
    expect(err).toBe(
      'Also: 1.1 of pbx-b, boot 1, over since 2026-11-22T15:01:20.000Z: rollcall channel 1.1 --pbx pbx-b --boot 1\n',
    );
    expect((await run('1.1', '--pbx', 'pbx-b', '--boot', '1')).out).toMatch(/^PJSIP\/bob-00000001\n/);
  });
  test('that there never was: one line, exit status 1', async () => {
    const byId = await run('9.9');
    expect(byId).toMatchObject({ out: '', err: 'No channel "9.9" is in the log.\n', exitCode: 1, error: undefined });
    const byName = await run('PJSIP/nobody-1', '--pbx', 'pbx-a');
    expect(byName).toMatchObject({ out: '', exitCode: 1 });
    expect(byName.err).toMatch(/No channel "PJSIP\/nobody-1" of pbx-a is in the log\.\n$/);
  });
  test('of an unknown PBX is refused, and a boot that is no number', async () => {
    expect(isRollcallError((await run('1.1', '--pbx', 'pbx-z')).error, 'PBX_UNKNOWN')).toBe(true);
    expect((await run('1.1', '--boot', 'x')).err).toContain('Give a whole number.');
  });
});

describe('why it is not listed', () => {
  test('ended by Hangup', async () => {
    await hangUp();
    expect(lastLine((await run('1.1')).out)).toBe(
      'Not listed: it ended at 2026-11-22T15:01:00.000Z by Hangup, cause 16 (Normal Clearing).',
    );
  });
  test('removed after two looks', async () => {
    await calls.channel('1.1', { type: 'ChannelDestroyed', data: { reason: 'reconciled' } }, 60, {
      source: 'reconcile',
    });
    expect(lastLine((await run('1.1')).out)).toContain(
      'because pbx-a had no such channel at two looks; no Hangup was heard.',
    );
  });
  test('its creation was reported again', async () => {
    await calls.channel('1.1', { type: 'ChannelDestroyed', data: { reason: 'reconciled' } }, 60);
    expect(lastLine((await run('1.1')).out)).toContain('reported its creation a second time');
  });
  test('the PBX restarted', async () => {
    await calls.pbx('pbx-a', { type: 'PbxBooted', data: { boot: 2, evidence: 'startup-time' } }, 60);
    await calls.channel('1.1', { type: 'ChannelDestroyed', data: { reason: 'pbx-restarted' } }, 60);
    const { out } = await run('1.1');
    expect(out).toContain('pbx-a boot 1 of 2');
    expect(lastLine(out)).toContain('pbx-a restarted, found out at 2026-11-22T15:01:00.000Z');
    expect(lastLine(out)).toContain('boot 1 is over, boot 2 runs');
  });
  test('stale: listed for a while, then not', async () => {
    await calls.pbx('pbx-a', { type: 'PbxDisconnected', data: { reason: 'ECONNRESET' } }, 60);
    expect(lastLine((await run('1.1')).out)).toBe(
      'Listed as stale, not counted: the connection to pbx-a was lost 4 min ago (ECONNRESET); it may be over.',
    );
    const later = await runCommand(['channel', '1.1'], { data: calls.data, now: T0 + 3_600_000 });
    expect(lastLine(later.out)).toContain(
      'Not listed: the connection to pbx-a was lost 59 min ago (ECONNRESET), longer than the 15 min',
    );
  });
});
