import { isRollcallError } from '@rollcall/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { insertRows, nextPlace } from '../../../../test/support/log-rows.ts';
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
  test('that is over is found by any name that it had, by a search backwards or, where it is to be whole, told of', async () => {
    await calls.channel('1.1', { type: 'ChannelRenamed', data: { name: 'PJSIP/alice-0000000f' } }, 5);
    await hangUp();
    for (const name of [ALICE, 'PJSIP/alice-0000000F']) {
      const { out, err } = await run(name);
      expect(out).toContain('    name: PJSIP/alice-00000001 → PJSIP/alice-0000000f\n');
      expect(err).toBe('');
    }
    const { err, exitCode } = await run(ALICE, '--since', '4');
    expect(exitCode).toBe(1);
    expect(err).toContain('Searching the log for channels that are over, from #4 to #5 ...\n');
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

/** The PBX's own lines of a story, and what stands below them. */
const ofPbx = (out: string): string[] => {
  const lines = out.split('\n');
  return lines.flatMap((line, index) => (/#\d+ {2}pbx-a {2}/.test(line) ? [`${line}${lines[index + 1]}`] : []));
};
const lose = (at: number, reason = 'ECONNRESET') =>
  calls.pbx('pbx-a', { type: 'PbxDisconnected', data: { reason } }, at);
const connectAgain = (at: number) => calls.pbx('pbx-a', { type: 'PbxConnected', data: { source: 'ami' } }, at);
const compared = (at: number) =>
  calls.pbx('pbx-a', { type: 'Reconciled', data: { listed: 2, created: 1, changed: 0, removed: 1 } }, at);
const foundInList = (uniqueid: string, at: number) =>
  calls.channel(uniqueid, { type: 'ChannelCreated', data: { name: 'PJSIP/bob-00000002', origin: 'found' } }, at, {
    source: 'reconcile',
  });

describe('what the PBX itself said in its life', () => {
  test('stands among its events: a gap in what is known, the connection after it, the comparison', async () => {
    await lose(60);
    await connectAgain(80);
    await compared(81);
    await calls.channel('1.1', { type: 'ChannelStateChanged', data: { state: 5 } }, 90);
    const { out } = await run('1.1');
    expect(ofPbx(out)).toEqual([
      '2026-11-22T15:01:00.000Z  #4  pbx-a  ami  PbxDisconnected    nothing was heard of pbx-a for 20.0 s (ECONNRESET)',
      '2026-11-22T15:01:20.000Z  #5  pbx-a  ami  PbxConnected    connected to pbx-a by AMI',
      "2026-11-22T15:01:21.000Z  #6  pbx-a  ami  Reconciled    compared with pbx-a's own list of 2: 1 taken over, 0 corrected, 1 removed; whatever was still live then is true",
    ]);
    expect(out.indexOf('Reconciled')).toBeLessThan(out.indexOf('Up (6) → Ringing (5)'));
  });
  test('of a gap that lasts, how long it has so far', async () => {
    await lose(60);
    expect(ofPbx((await run('1.1')).out)[0]).toContain(
      'nothing is heard of pbx-a since, for 4 min 0 s so far (ECONNRESET)',
    );
  });
  test('ends with its life: what came after is not told', async () => {
    await hangUp();
    await lose(70);
    expect(ofPbx((await run('1.1')).out)).toEqual([]);
  });
  test('is in --json too, with the silence in numbers', async () => {
    await lose(60);
    await connectAgain(80);
    const { events } = JSON.parse((await run('1.1', '--json')).out);
    expect(events).toMatchObject([
      { of: 'channel', type: 'ChannelCreated' },
      {
        ...{ of: 'pbx', type: 'PbxDisconnected', source: 'ami', revision: 2 },
        silence: { from: T0 + 60_000, to: T0 + 80_000, atMost: false, reason: 'ECONNRESET' },
      },
      { of: 'pbx', type: 'PbxConnected', note: 'connected to pbx-a by AMI' },
    ]);
  });
});

describe('how it came to be known', () => {
  test('found in a list: with the silence in which it began', async () => {
    await lose(60);
    await connectAgain(80);
    await foundInList('1.2', 80);
    const { out } = await run('1.2');
    expect(ofPbx(out)).toHaveLength(2);
    expect(out.indexOf('nothing was heard of pbx-a for 20.0 s')).toBeLessThan(out.indexOf('ChannelCreated'));
    expect(out).toContain("    its beginning was not heard: it was found in pbx-a's list of its real channels\n");
  });
  test('found in the list of a PBX that has none but its cache', async () => {
    await calls.pbx('pbx-a', { type: 'PbxConnected', data: { source: 'ari' } }, 80);
    await foundInList('1.2', 80);
    expect((await run('1.2')).out).toContain("found in pbx-a's list of Asterisk's cache, which also keeps ghosts\n");
  });
  test('by a report that proves it', async () => {
    await calls.channel('1.2', { type: 'ChannelCreated', data: { name: 'PJSIP/bob-00000002', origin: 'found' } }, 80);
    expect((await run('1.2')).out).toContain('its beginning was not heard: this report proves that it is there\n');
  });
  test('back after its end: a suspect that the PBX confirmed', async () => {
    await hangUp();
    await foundInList('1.1', 80);
    const { out } = await run('1.1');
    expect(out).toContain('pbx-a was asked about it, and has it\n');
    expect(lastLine(out)).toBe('Listed: it is live, and pbx-a is connected.');
  });
  test('ended by a comparison: what was asked', async () => {
    await calls.channel('1.1', { type: 'ChannelDestroyed', data: { reason: 'reconciled' } }, 60, {
      source: 'reconcile',
    });
    expect((await run('1.1')).out).toContain('and asked about it alone pbx-a had no such channel\n');
  });
});

describe('--at', () => {
  beforeEach(async () => {
    await calls.channel('1.1', { type: 'ChannelRenamed', data: { name: 'PJSIP/alice-0000000f' } }, 5);
    await hangUp();
  });
  test('tells its story so far, and why it was listed then', async () => {
    const { out, err } = await run('1.1', '--at', '3');
    expect(err).toBe('');
    expect(out).toContain(`${ALICE}\nuniqueid 1.1, pbx-a boot 1\nas it was at 2026-11-22T15:00:01.000Z, #3\n`);
    expect(out).not.toContain('ChannelRenamed');
    expect(lastLine(out)).toBe('Listed: it is live, and pbx-a is connected.');
    expect(JSON.parse((await run('1.1', '--at', '3', '--json')).out)).toMatchObject({
      ...{ listed: 'live', at: { position: 3, time: T0 + 1000 }, channel: { name: ALICE } },
    });
  });
  test('finds a name by what was live then, and knows no later one', async () => {
    expect((await run(ALICE, '--at', '3')).out).toContain('uniqueid 1.1,');
    expect((await run('PJSIP/alice-0000000f', '--at', '3')).exitCode).toBe(1);
    expect((await run('PJSIP/alice-0000000f', '--at', '4')).out).toContain('→ PJSIP/alice-0000000f');
    const before = await run('1.1', '--at', '2');
    expect(before).toMatchObject({ out: '', err: 'No channel "1.1" up to #2 is in the log.\n', exitCode: 1 });
  });
  test('takes what `channels --at` takes', async () => {
    expect(isRollcallError((await run('1.1', '--at', '999')).error, 'AT_BEYOND_LOG')).toBe(true);
    expect(isRollcallError((await run('1.1', '--at', 'soon')).error, 'AT_UNCLEAR')).toBe(true);
    expect((await run('1.1', '--at', '2030-01-01')).out).toContain('ChannelDestroyed');
  });
});

describe('a channel whose stream is set aside', () => {
  const later = async (uniqueid: string, events: { type: string; schema?: number; data: object }[]) => {
    await calls.log.close();
    const stream = `channel/pbx-a/1/${uniqueid}`;
    for (const { type, schema = 1, data } of events) {
      const row = { ...nextPlace(calls.data, stream), stream, pbx: 'pbx-a', type, schema, boot: 1, source: 'ami' };
      const times = { time: T0 + 2000, recorded: T0 + 2000, id: crypto.randomUUID() };
      insertRows(calls.data, [{ ...row, ...times, data: JSON.stringify(data) }]);
    }
  };
  test('says what was refused and what waits, and is listed as uncertain', async () => {
    await later('1.1', [
      { type: 'ChannelTeleported', schema: 9, data: { planet: 'Mars' } },
      { type: 'ChannelStateChanged', data: { state: 5 } },
    ]);
    const { out } = await run('1.1');
    expect(out).toContain(
      '  rev 1  ami  ChannelTeleported\n    refused: schema 9 is not known here; this version reads 1 to 1\n' +
        '    cannot be read; it stands in the log as {"planet":"Mars"}\n',
    );
    expect(out).toContain('    state: Up (6) → Ringing (5)\n    came when the stream was set aside at revision 1\n');
    expect(lastLine(out)).toBe(
      'Listed: it is live, and pbx-a is connected; uncertain, as it was before revision 1 (#4), which cannot be read (schema 9 is not known here; this version reads 1 to 1), and 1 behind it waits: see rollcall quarantine.',
    );
    const json = JSON.parse((await run('1.1', '--json')).out);
    expect(json).toMatchObject({ listed: 'live', uncertain: true, channel: { state: 6 } });
    expect(json.events).toMatchObject([{}, { refused: expect.any(String) }, { waited: 1 }]);
  });
  test('that began so is not listed at all', async () => {
    await later('1.2', [{ type: 'ChannelCreated', schema: 9, data: {} }]);
    const { out } = await run('1.2');
    expect(out).toMatch(/^\(its name cannot be read\)\n/);
    expect(lastLine(out)).toContain('Not listed: its beginning (revision 0, #4) cannot be read: schema 9');
  });
  test('and skipped: by whom, why, and what then was taken', async () => {
    await later('1.1', [
      { type: 'ChannelTeleported', schema: 9, data: {} },
      { type: 'ChannelStateChanged', data: { state: 5 } },
      { type: 'EventSkipped', data: { revision: 1, reason: 'ticket 4711' } },
    ]);
    const { out } = await run('1.1');
    expect(out).toContain(
      'EventSkipped\n    revision: 1\n    reason: ticket 4711\n    an operator passed over revision 1',
    );
    expect(lastLine(out)).toBe('Listed: it is live, and pbx-a is connected.');
    expect(JSON.parse((await run('1.1', '--json')).out)).toMatchObject({ uncertain: false, channel: { state: 5 } });
  });
});
