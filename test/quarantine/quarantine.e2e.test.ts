import { rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type ScriptedAsterisk, scriptedAsterisk } from '../audit/scripted-asterisk.ts';
import { type RollcallProcess, rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { broken, created, ofChannel, ofPbx, ofSchema9, PBX, writtenLog } from './written-log.ts';

/** On a busy machine each command takes seconds to begin. */
const SLOW = 240_000;

const afterwards: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of afterwards.splice(0).reverse()) await undo();
});

/**
 * The log of a Rollcall that was stopped in the middle of three calls. Into two of them plain SQL has put what no handler takes, and
 * something behind it.
 */
const dirWithRefused = async (): Promise<string> => {
  const data = await writtenLog([
    ofPbx({ type: 'PbxConnected', data: { source: 'ami' } }),
    ofPbx({ type: 'PbxBooted', data: { boot: 1, evidence: 'first-seen' } }),
    created('1.1'),
    created('1.2'),
    created('1.3'),
    ofSchema9('1.1'),
    broken('1.2', 'DialplanMoved', { priority: 'first' }),
    ofChannel('1.2', { type: 'ChannelHeld', data: { musicClass: 'default' } }),
  ]);
  afterwards.push(() => rmSync(data, { recursive: true }));
  return data;
};

const NAMES = ['1.1', '1.2', '1.3'].map((uniqueid) => [uniqueid, `PJSIP/${uniqueid}`] as const);

const given = async (): Promise<{ data: string; asterisk: ScriptedAsterisk; running: RollcallProcess }> => {
  const data = await dirWithRefused();
  const asterisk = await scriptedAsterisk();
  afterwards.push(asterisk.stop);
  asterisk.real = [...NAMES];
  const { host, port, user, secret } = asterisk.address;
  const running = await startRollcall({ data, pbxs: { [PBX]: `ami://${user}:${secret}@${host}:${port}` } });
  afterwards.push(() => running.kill9());
  await running.until(PBX, 'live');
  return { data, asterisk, running };
};

const quarantine = async (data: string, ...args: string[]) => {
  const { code, out, err } = await rollcall('quarantine', ...args, '--data', data, '--json');
  return { code, err, said: out === '' ? undefined : JSON.parse(out) };
};
const verified = async (data: string): Promise<void> => {
  const { code, out, err } = await rollcall('verify', '--data', data);
  expect({ code, err }, out).toEqual({ code: 0, err: '' });
};
const story = async (data: string, uniqueid: string) =>
  JSON.parse((await rollcall('channel', uniqueid, '--data', data, '--json')).out);
const listed = async (running: RollcallProcess): Promise<string[]> =>
  (await running.list()).channels.map(({ name }) => name).sort();

test('a stream that cannot be read holds up nobody else; it is listed, tried, released by its end, or skipped', {
  timeout: SLOW,
}, async () => {
  const { data, asterisk, running } = await given();
  await verified(data);
  expect(await listed(running)).toEqual(['PJSIP/1.1', 'PJSIP/1.2', 'PJSIP/1.3']);
  expect(running.printed()).toMatch(/WARN.*channel\/a\/1\/1\.1 is set aside at revision 1: schema 9 is not known here/);

  const both = await quarantine(data);
  expect(both).toMatchObject({ code: 1, err: '' });
  expect(both.said.quarantine).toMatchObject([
    {
      ...{ stream: 'channel/a/1/1.1', pbx: 'a', channel: 'PJSIP/1.1', revision: 1, position: 6 },
      ...{ type: 'ChannelTeleported', since: Date.UTC(2026, 10, 22, 15, 0, 5, 5) },
      reason: 'schema 9 is not known here; this version reads 1 to 1',
    },
    {
      ...{ stream: 'channel/a/1/1.2', channel: 'PJSIP/1.2', revision: 1, type: 'DialplanMoved' },
      reason: 'data.priority is of a wrong kind: string',
    },
  ]);
  const marked = await rollcall('channels', '--filter', 'uncertain=true', '--ndjson', '--data', data);
  expect(marked.err).toBe('a: 2 channels are uncertain: events cannot be read, see "rollcall quarantine"\n');
  expect(marked.out.match(/"name":"[^"]*"/g)).toEqual(['"name":"PJSIP/1.1"', '"name":"PJSIP/1.2"']);
  const shown = await quarantine(data, 'show', 'PJSIP/1.2');
  expect(shown.said).toMatchObject({
    event: { revision: 1, text: '{"priority":"first"}', schema: 1, source: 'ami' },
    waits: expect.arrayContaining([expect.objectContaining({ revision: 2, type: 'ChannelHeld' })]),
  });
  expect(shown.said.waits).toHaveLength(shown.said.waiting);

  const retried = await quarantine(data, 'retry');
  expect(retried).toMatchObject({ code: 1, said: { released: [], refused: both.said.quarantine } });

  asterisk.vanishes('1.1');
  asterisk.tells('Hangup', '1.1', 'PJSIP/1.1');
  await waitFor('the end of 1.1', async () => (await listed(running)).length === 2);
  expect((await quarantine(data)).said.quarantine).toMatchObject([{ stream: 'channel/a/1/1.2' }]);
  await verified(data);

  const skipped = await quarantine(data, 'skip', '1.2', '--reason', 'written by hand, ticket 4711');
  expect(skipped).toMatchObject({ code: 0, said: { stream: 'channel/a/1/1.2', revision: 1, again: null } });
  const after = (await running.list()).channels.find(({ uniqueid }) => uniqueid === '1.2');
  expect(after).toMatchObject({ held: true, musicClass: 'default', state: 6 });
  expect(await quarantine(data)).toMatchObject({ code: 0, said: { quarantine: [] } });
  await verified(data);

  asterisk.tells('Newstate', '1.2', 'PJSIP/renamed');
  await waitFor('the new name', async () => (await listed(running)).includes('PJSIP/renamed'));
  const ended = await story(data, '1.1');
  expect(ended).toMatchObject({ listed: 'over', uncertain: false });
  const told = ended.events.filter(
    ({ source, of }: { source: string; of: string }) => of === 'pbx' || source === 'ami',
  );
  expect(told).toMatchObject([
    { type: 'ChannelCreated', of: 'channel' },
    { type: 'ChannelTeleported', refused: 'schema 9 is not known here; this version reads 1 to 1' },
    { type: 'PbxDisconnected', of: 'pbx', silence: { reason: 'Rollcall was not running', atMost: true } },
    { type: 'PbxConnected', of: 'pbx' },
    { type: 'Reconciled', of: 'pbx' },
    { type: 'ChannelDestroyed', of: 'channel' },
  ]);
  expect(ended.events).toContainEqual(expect.objectContaining({ source: 'reconcile', waited: 1 }));
  const goesOn = await story(data, '1.2');
  expect(goesOn).toMatchObject({ listed: 'live', uncertain: false, channel: { name: 'PJSIP/renamed', held: true } });
  expect(goesOn.events).toContainEqual(
    expect.objectContaining({
      ...{ type: 'EventSkipped', source: 'operator' },
      changes: expect.arrayContaining([expect.objectContaining({ to: 'written by hand, ticket 4711' })]),
    }),
  );
  expect(await running.stop()).toBe(0);
  await verified(data);
});

describe('without a Rollcall that runs', () => {
  test('the same commands take the data directory themselves', { timeout: SLOW }, async () => {
    const data = await dirWithRefused();
    expect((await quarantine(data)).code).toBe(1);
    const retried = await quarantine(data, 'retry', 'channel/a/1/1.1');
    expect(retried).toMatchObject({ code: 1, said: { refused: [{ stream: 'channel/a/1/1.1' }] } });
    expect(retried.err).toBe(`No Rollcall runs on ${data}: this process does it.\n`);
    for (const uniqueid of ['1.1', '1.2']) {
      expect((await quarantine(data, 'skip', uniqueid, '--reason', 'seen')).code).toBe(0);
    }
    expect((await quarantine(data)).code).toBe(0);
    await verified(data);
  });

  test('people read it in words', { timeout: SLOW }, async () => {
    const data = await dirWithRefused();
    const { code, out } = await rollcall('quarantine', '--data', data);
    expect({ code, out }).toEqual({
      code: 1,
      out: `channel/a/1/1.1  PJSIP/1.1
    since 2026-11-22T15:00:05.005Z: revision 1 (#6), ChannelTeleported, was refused: schema 9 is not known here; this version reads 1 to 1
    nothing waits behind it
channel/a/1/1.2  PJSIP/1.2
    since 2026-11-22T15:00:06.005Z: revision 1 (#7), DialplanMoved, was refused: data.priority is of a wrong kind: string
    1 event waits behind it
`,
    });
    expect((await rollcall('quarantine', 'show', '1.2', '--data', data)).out).toContain(`
Refused:
2026-11-22T15:00:06.000Z  #7  rev 1  ami  DialplanMoved  schema 1
    {"priority":"first"}

Waiting:
2026-11-22T15:00:07.000Z  #8  rev 2  ami  ChannelHeld  schema 1
    {"musicClass":"default"}
`);
    const skipped = await rollcall('quarantine', 'skip', '1.2', '--reason', 'seen', '--data', data);
    expect(skipped.out).toBe(
      'Passed over: revision 1 of channel/a/1/1.2, written at #9. It goes on, with 1 event that waited.\n',
    );
    expect((await rollcall('quarantine', 'skip', '1.1', '--reason', 'seen', '--data', data)).code).toBe(0);
    expect(await rollcall('quarantine', '--data', data)).toEqual({ code: 0, out: 'Nothing is set aside.\n', err: '' });
    expect((await rollcall('quarantine', 'retry', '--data', data)).out).toBe('Nothing is set aside.\n');
  });

  test.each([
    [['show', '1.3'], 'NOT_SET_ASIDE: "1.3" is not set aside. '],
    [['skip', '9.9', '--reason', 'x'], 'NOT_SET_ASIDE: '],
    [['skip', '1.1', '--reason', ' '], 'REASON_WRONG: --reason has 0 characters. '],
    [['skip', '1.1'], "error: required option '--reason <text>' not specified"],
    [['retry', 'channel/a/1/9.9'], 'NOT_SET_ASIDE: '],
  ])('%j cannot be done: exit status 2, in words', { timeout: SLOW }, async (args, message) => {
    const { code, out, err } = await rollcall('quarantine', ...args, '--data', await dirWithRefused());
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
