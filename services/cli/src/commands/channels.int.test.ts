import { RollcallError } from '@rollcall/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { insertRows, nextPlace } from '../../../../test/support/log-rows.ts';
import { type CallLog, connect, createCallLog, inDialplan, T0 } from '../testing/call-log.ts';
import { type Ran, runCommand } from '../testing/run-command.ts';

let calls: CallLog;
const NOW = T0 + 300_000;
const run = (args: string, now = NOW): Promise<Ran> =>
  runCommand(['channels', ...args.split(' ').filter(Boolean)], { data: calls.data, now });
const code = ({ error }: Ran): string | undefined => (error instanceof RollcallError ? error.code : undefined);

beforeEach(async () => {
  calls = createCallLog();
  await connect(calls);
  await calls.channel('1.2', inDialplan('PJSIP/bob-00000002', 2));
  await calls.channel('1.1', inDialplan('PJSIP/alice-00000001', 1));
});
afterEach(() => calls.end());

describe('formats', () => {
  test('without an option it prints what Asterisk prints, oldest first, and nothing else', async () => {
    expect(await run('')).toEqual({
      out: [
        'Channel                                                          Location                         State   Application(Data)             ',
        'PJSIP/alice-00000001                                             600@default:2                    Up      Dial(PJSIP/bob,20)            ',
        'PJSIP/bob-00000002                                               600@default:2                    Up      Dial(PJSIP/bob,20)            ',
        '2 active channels',
        '2 active calls',
        '',
      ].join('\n'),
      err: '',
      exitCode: undefined,
      error: undefined,
    });
  });
  test('--concise: fourteen fields, the two that no feed says empty', async () => {
    const { out } = await run('--concise');
    expect(out.split('\n')[0]).toBe('PJSIP/alice-00000001!default!600!2!Up!Dial!PJSIP/bob,20!101!acc!!!299!!1.1');
  });
  test('--count prints the counts alone', async () => {
    expect((await run('--count')).out).toBe('2 active channels\n2 active calls\n');
  });
  test('--verbose has the duration on the right of its column', async () => {
    expect((await run('--verbose')).out.split('\n')[1]).toContain('  101             00:04:59 acc ');
  });
  test('--json is one array, --ndjson one object a line, with the whole snapshot and what is derived', async () => {
    const json: unknown = JSON.parse((await run('--json')).out);
    const lines = (await run('--ndjson')).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(json);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      pbx: 'pbx-a',
      uniqueid: '1.1',
      revision: 0,
      state: 6,
      stateText: 'Up',
      callerName: null,
      stale: false,
      durationSeconds: 299,
    });
  });
  test('two formats at once are refused', async () => {
    const { error, err } = await run('--json --count');
    expect(error).toMatchObject({ exitCode: 1 });
    expect(err).toContain('cannot be used with');
  });
  test('an empty log lists nothing and says on stderr that nothing was heard', async () => {
    const empty = createCallLog();
    const { out, err } = await runCommand(['channels', '--count'], { data: empty.data });
    await empty.end();
    expect(out).toBe('0 active channels\n0 active calls\n');
    expect(err).toBe('No PBX has been heard yet.\n');
  });
});

describe('which channels', () => {
  test('--filter: all must hold', async () => {
    expect((await run('--filter name~alice --filter state=6 --count')).out).toContain('1 active channel\n');
    expect((await run('--filter name~alice --filter state!=6 --count')).out).toContain('0 active channels\n');
  });
  test.each([
    ['--filter', 'colour=red', 'FILTER_FIELD', 'callerNumber'],
    ['--filter', 'name~(', 'FILTER_REGEX', 'Unterminated group'],
    ['--filter', `name~${'a'.repeat(201)}`, 'FILTER_REGEX', '200'],
    ['--filter', 'name', 'FILTER_UNCLEAR', 'field=value'],
    ['--pbx', 'pbx-z', 'PBX_UNKNOWN', 'pbx-a'],
    ['--at', 'yesterday', 'AT_UNCLEAR', '-10m'],
    ['--at', '999', 'AT_BEYOND_LOG', 'end'],
  ])('%s %s is refused with %s and says what to do', async (option, value, expected, hint) => {
    const ran = await runCommand(['channels', option, value], { data: calls.data });
    expect(code(ran)).toBe(expected);
    expect(ran.out).toBe('');
    expect((ran.error as RollcallError).line).toContain(hint);
  });
  test('--pbx lists that PBX alone', async () => {
    await connect(calls, 'pbx-b');
    await calls.channel('1.1', inDialplan('PJSIP/carol-00000001'), 3, { pbx: 'pbx-b' });
    const { out } = await run('--pbx pbx-b --ndjson');
    expect(out.match(/"name":"[^"]*"/g)).toEqual(['"name":"PJSIP/carol-00000001"']);
  });
  test('--at shows the list as it was, a while ago and at a position', async () => {
    const { position } = await calls.channel(
      '1.1',
      { type: 'ChannelDestroyed', data: { reason: 'hangup', cause: 16 } },
      60,
    );
    expect((await run('--ndjson')).out).not.toContain('alice');
    expect((await run(`--ndjson --at ${position - 1}`)).out).toContain('alice');
    expect((await run('--ndjson --at -1d')).out).toBe('');
  });
  test('a data directory without a log is named', async () => {
    const ran = await runCommand(['channels', '--data', '/nonexistent'], { data: calls.data });
    expect(code(ran)).toBe('LOG_MISSING');
  });
  test('--data and --url together are refused', async () => {
    expect(code(await run('--data x --url http://127.0.0.1:1'))).toBe('PLACE_TWICE');
  });
});

describe('stale channels', () => {
  beforeEach(async () => {
    await calls.pbx('pbx-a', { type: 'PbxDisconnected', data: { reason: 'ECONNRESET' } }, 60);
  });
  test('are listed, not counted, and told of in one line on stderr, with the reason that the log has', async () => {
    const { out, err } = await run('');
    expect(out.split('\n').slice(1)).toEqual([
      expect.stringContaining('PJSIP/alice'),
      expect.stringContaining('PJSIP/bob'),
      '0 active channels',
      '0 active calls',
      '',
    ]);
    expect(err).toBe('pbx-a: connection lost 4 min ago (ECONNRESET): 2 channels are stale and not counted\n');
  });
  test('leave the list when the PBX has been away for longer than the setting', async () => {
    const { out, err } = await run('--concise', T0 + 20 * 60_000);
    expect(out).toBe('');
    expect(err).toContain('2 channels are stale and not counted, nor listed any more');
  });
  test('stay stale after the connection is back, until they are heard of or compared', async () => {
    await calls.pbx('pbx-a', { type: 'PbxConnected', data: { source: 'ami' } }, 70);
    await calls.channel('1.1', { type: 'ChannelStateChanged', data: { state: 5 } }, 71);
    const { out, err } = await run('--ndjson');
    expect(out.split('\n').filter((line) => line.includes('"stale":true'))).toHaveLength(1);
    expect(err).toBe(
      'pbx-a: connected again, and not yet compared with its own list: 1 channel is stale and not counted\n',
    );
    await calls.pbx('pbx-a', { type: 'Reconciled', data: { listed: 2, created: 0, changed: 0, removed: 0 } }, 72);
    expect((await run('--count')).out).toContain('2 active channels');
  });
});

describe('what comes from a call never reaches the terminal raw', () => {
  const EVIL = 'PJSIP/\x1b]0;gotcha\x07\r\nfake line\u202e\x9b2J';
  test.each(['', '--verbose', '--concise', '--json', '--ndjson'])('%s', async (format) => {
    await calls.channel('1.3', inDialplan(EVIL, 3));
    const { out } = await run(format);
    const lines = out.trimEnd().split('\n');
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    if (format === '--ndjson' || format === '--concise') expect(lines).toHaveLength(3);
  });
});

describe('a channel of which an event cannot be read', () => {
  const refuse = async (stream: string, type: string): Promise<void> => {
    await calls.log.close();
    const row = { ...nextPlace(calls.data, stream), stream, pbx: 'pbx-a', type, schema: 9, boot: 1, source: 'ami' };
    insertRows(calls.data, [{ ...row, time: T0, recorded: T0, id: crypto.randomUUID(), data: '{}' }]);
  };
  const uncertain = async (): Promise<unknown> =>
    JSON.parse((await run('--json')).out).map((one: { uniqueid: string; uncertain: boolean }) => [
      one.uniqueid,
      one.uncertain,
    ]);

  test('is listed as it was, and marked: in --json, by --filter, and on stderr', async () => {
    await refuse('channel/pbx-a/1/1.1', 'ChannelTeleported');
    expect(await uncertain()).toEqual([
      ['1.1', true],
      ['1.2', false],
    ]);
    const { out, err } = await run('--filter uncertain=true --count');
    expect(out).toContain('1 active channel\n');
    expect(err).toBe('pbx-a: 1 channel is uncertain: events cannot be read, see "rollcall quarantine"\n');
  });
  test('and that began with it is not listed, and missed', async () => {
    await refuse('channel/pbx-a/1/1.3', 'ChannelCreated');
    expect(await uncertain()).toHaveLength(2);
    expect((await run('')).err).toBe('pbx-a: 1 is not listed: events cannot be read, see "rollcall quarantine"\n');
  });
  test('of the PBX itself: its connection is uncertain', async () => {
    await refuse('pbx/pbx-a', 'PbxDisconnected');
    expect((await run('')).err).toContain('pbx-a: whether it is connected is uncertain: events cannot be read');
  });
});
