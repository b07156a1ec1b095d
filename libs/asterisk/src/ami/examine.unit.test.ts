import { describe, expect, test } from 'vitest';
import type { Finding } from '../finding.ts';
import type { Action } from './action.ts';
import { type Examined, examine } from './examine.ts';
import type { AmiResponse } from './response.ts';

const SECRET = 'hush';

type Headers = [header: string, value: string][];

const answer = (response: string, ...headers: Headers): AmiResponse => ({
  response,
  headers,
  get: (wanted) => headers.find(([header]) => header === wanted)?.[1],
});

type Pbx = {
  actions?: string[];
  /** Settings by `file category setting index`. */
  settings?: Record<string, string>;
  /** What GetConfig tells of the user. */
  lines?: string[];
  /** Milliseconds on the way to each Ping, and back; and how far its clock is ahead. */
  ways?: [there: number, back: number][];
  ahead?: number;
};

const ACTIONS = ['Status', 'CoreStatus', 'CoreShowChannels', 'Getvar', 'GetConfig'];
const READ = { 'manager.conf rollcall read -1': 'system,call,dialplan' };

/** What is found of a PBX that answers so. */
const given = async (pbx: Pbx, more: Partial<Examined> = {}) => {
  const asked: Action[] = [];
  const ways = [...(pbx.ways ?? [])];
  let now = 1_000_000;
  const settings = { ...READ, ...pbx.settings };
  const answers: Record<string, (action: Action) => AmiResponse> = {
    ListCommands: () =>
      answer('Success', ...(pbx.actions ?? ACTIONS).map((name): [string, string] => [name, 'It does.'])),
    Ping: () => {
      const [there, back] = ways.shift() ?? [0, 0];
      const theirs = now + there + (pbx.ahead ?? 0);
      now += there + back;
      return answer('Success', ['Ping', 'Pong'], ['Timestamp', (theirs / 1000).toFixed(6)]);
    },
    Getvar: ({ Variable = '' }) => {
      const key = /^AST_CONFIG\((.*)\)$/.exec(Variable)?.[1]?.replaceAll(',', ' ') ?? '';
      const last = key.replace(/-1$/, '0');
      return answer('Success', [
        'Value',
        Object.entries(settings).find(([name]) => name === key || name === last)?.[1] ?? '',
      ]);
    },
    GetConfig: () =>
      answer('Success', ...(pbx.lines ?? []).map((line, n): [string, string] => [`Line-000000-00000${n}`, line])),
  };
  const findings = await examine({
    session: {
      ask: async (action) => {
        asked.push(action);
        return answers[action.Action]?.(action) ?? answer('Error', ['Message', 'Permission denied']);
      },
    },
    world: { clock: { now: () => now, monotonic: () => now } },
    ...{ user: 'rollcall', events: ['Newchannel', 'Hangup'], protocol: '11.0.0', maySeeSecret: true },
    ...more,
  });
  expect(JSON.stringify(findings)).not.toContain(SECRET);
  const of = (what: Finding['what']) => findings.find((finding) => finding.what === what);
  return { of, asked: asked.map(({ Action }) => Action) };
};

describe('the clock', () => {
  test('is measured by the quickest of several answers', async () => {
    const { of } = await given({
      ahead: 3000,
      ways: [
        [900, 0],
        [2, 2],
        [0, 700],
        [40, 0],
        [0, 40],
      ],
    });
    expect(of('clock-skew')).toMatchObject({
      ok: false,
      detail: "The PBX's clock is 3.000 s ahead of this machine's (± 0.003 s).",
    });
  });
  test('is not called wrong by what may be the way', async () => {
    const slow = Array.from({ length: 5 }, (): [number, number] => [5000, 0]);
    expect((await given({ ways: slow })).of('clock-skew')).toMatchObject({ ok: true, advice: '' });
  });
});

describe('permissions', () => {
  test('that are all there', async () => {
    expect((await given({})).of('permission')).toMatchObject({
      ok: true,
      detail: expect.stringContaining('reads system,call,dialplan (as manager.conf has it now)'),
    });
  });
  test('that lack are named with what they cost', async () => {
    const { of } = await given({
      actions: ['Status', 'CoreStatus', 'Getvar'],
      settings: { 'manager.conf rollcall read -1': 'system,call' },
    });
    expect(of('permission')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/read=dialplan, so that changes go unseen; CoreShowChannels: .* cannot be told/),
    });
  });
});

describe('settings', () => {
  test('that cannot be read are not guessed', async () => {
    for (const pbx of [
      { actions: ['Status', 'CoreStatus', 'CoreShowChannels'] },
      { settings: { 'manager.conf rollcall read -1': '' } },
    ]) {
      const { of, asked } = await given(pbx);
      for (const what of ['event-times', 'write-timeout', 'event-filter'] as const)
        expect(of(what)).toMatchObject({ ok: undefined, advice: expect.stringMatching(/./) });
      expect(asked).not.toContain('GetConfig');
    }
  });
  test.each([
    [undefined, 100, false],
    ['50', 100, false],
    ['no number', 100, false],
    ['999', 999, false],
    ['10000', 10_000, true],
  ])('writetimeout=%s counts as %i ms', async (set, ms, ok) => {
    const { of } = await given({ settings: set === undefined ? {} : { 'manager.conf rollcall writetimeout -1': set } });
    expect(of('write-timeout')).toMatchObject({ ok, detail: expect.stringContaining(` ${ms} ms.`) });
  });
  test('timestampevents', async () => {
    expect((await given({})).of('event-times')).toMatchObject({ ok: false });
    const on = { 'manager.conf general timestampevents -1': 'Yes' };
    expect((await given({ settings: on })).of('event-times')).toMatchObject({ ok: true });
  });
});

describe('what keeps events from the user', () => {
  const filterOf = async (pbx: Pbx, more: Partial<Examined> = {}) => (await given(pbx, more)).of('event-filter');

  test('a plain filter, disabled events, declined messages', async () => {
    const settings = {
      'manager.conf rollcall eventfilter 0': 'Event: (Newchannel|Newexten)',
      'manager.conf rollcall eventfilter 1': '!Event: VarSet',
      'manager.conf general disabledevents -1': 'VarSet, Newchannel',
      'stasis.conf declined_message_types decline 0': 'stasis_app_recording_snapshot_type',
      'stasis.conf declined_message_types decline 1': 'ast_channel_snapshot_type',
    };
    expect(await filterOf({ settings })).toMatchObject({
      ok: false,
      detail:
        'Kept from AMI user "rollcall": Hangup (by eventfilter=Event: (Newchannel|Newexten), eventfilter=!Event: VarSet); Newchannel (by disabledevents in [general]); ast_channel_snapshot_type (by stasis.conf).',
      advice: 'Let all of these pass: Newchannel, Hangup.',
    });
  });
  test('what nobody needs may be kept', async () => {
    const settings = {
      'manager.conf rollcall eventfilter 0': '!Event: (VarSet|RTCPSent)',
      'manager.conf general disabledevents -1': 'VarSet',
    };
    expect(await filterOf({ settings })).toMatchObject({ ok: true });
    expect(await filterOf({ settings }, { events: ['Hangup', 'VarSet'] })).toMatchObject({ ok: false });
  });
  test('a filter that depends on more than the kind of event is shown, not judged', async () => {
    const settings = { 'manager.conf rollcall eventfilter 0': '!Channel: DAHDI/' };
    expect(await filterOf({ settings })).toMatchObject({
      ok: undefined,
      detail: expect.stringContaining('eventfilter=!Channel: DAHDI/'),
    });
  });
  test('a filter of the later form, without the secret beside it', async () => {
    const lines = ['read=all', `secret=${SECRET}`, 'eventfilter(action(exclude),name(Hangup))='];
    expect(await filterOf({ lines })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('Hangup (by eventfilter('),
    });
  });
  test('a filter of the later form is not asked for where the secret would cross the wire', async () => {
    const { of, asked } = await given({}, { maySeeSecret: false });
    expect(asked).not.toContain('GetConfig');
    expect(of('event-filter')).toMatchObject({ ok: undefined, detail: expect.stringContaining('cannot be seen') });
  });
  test('Asterisk 16 and 17 have only the plain form', async () => {
    const { of, asked } = await given({}, { maySeeSecret: false, protocol: '5.0.4' });
    expect(asked).not.toContain('GetConfig');
    expect(of('event-filter')).toMatchObject({ ok: true });
  });
});
