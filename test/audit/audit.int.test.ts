import { amiSource, ariAsker, ariSource } from '@rollcall/asterisk';
import { channelStream, type NewEvent } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { isRollcallError } from '@rollcall/errors';
import { afterEach, describe, expect, test } from 'vitest';
import { type Answers, failure } from '../../libs/asterisk/src/ami/scripted-ami.fixture.ts';
import { healthy, SECRET, scriptedAri, USER } from '../../libs/asterisk/src/ari/testing/scripted-ari.ts';
import { type OwnSession, type OwnSessionOptions, startOwnSession } from '../support/own-session.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { type ScriptedAsterisk, scriptedAsterisk } from './scripted-asterisk.ts';

const afterwards: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of afterwards.splice(0).reverse()) await undo();
});

type Given = { answers?: Answers; answerTimeoutMs?: number; session?: Partial<OwnSessionOptions> };

/** Rollcall's session beside an Asterisk that a test decides. */
const given = async ({
  answers,
  answerTimeoutMs,
  session = {},
}: Given = {}): Promise<{
  asterisk: ScriptedAsterisk;
  own: OwnSession;
}> => {
  const asterisk = await scriptedAsterisk(answers);
  afterwards.push(asterisk.stop);
  const timeouts = { answerTimeoutMs, listTimeoutMs: answerTimeoutMs };
  const source = amiSource({
    ...{ ...asterisk.address, variables: [], world: systemWorld },
    ...(answerTimeoutMs !== undefined && timeouts),
  });
  const own = await startOwnSession({ source, grace: 50, ...session });
  afterwards.push(() => own.stop());
  return { asterisk, own };
};

const names = (own: OwnSession): string[] => own.list().map(({ name }) => name);
const listed = (own: OwnSession, ...wanted: string[]) =>
  waitFor(`the list ${wanted}`, () => names(own).sort().join() === wanted.sort().join());
const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'no refusal';
  } catch (error) {
    return isRollcallError(error) ? error.code : String(error);
  }
};

describe("Asterisk's own ghosts", () => {
  test('an orphaned entry is named with its age, and is not taken over', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    asterisk.begins('1.2', 'PJSIP/gone');
    await listed(own, 'PJSIP/a', 'PJSIP/gone');
    asterisk.vanishes('1.2');
    asterisk.orphans.push(['1.2', 'PJSIP/gone'], ['0.9', 'PJSIP/before-us']);
    asterisk.tells('Hangup', '1.2', 'PJSIP/gone');
    await listed(own, 'PJSIP/a');
    const { asterisks, ...rest } = await own.session.audit();
    expect(rest).toMatchObject({ pbx: 'own', source: 'ami', agreed: 1, ours: [], missing: [], complete: true });
    expect(rest.cannotTell).toEqual([]);
    const common = { seenIn: ['CoreShowChannels'], listedSince: expect.any(Number), foundAt: rest.at };
    expect(asterisks).toEqual([
      { ...common, uniqueid: '1.2', name: 'PJSIP/gone', overSince: expect.any(Number) },
      { ...common, uniqueid: '0.9', name: 'PJSIP/before-us', overSince: undefined },
    ]);
    expect(names(own)).toEqual(['PJSIP/a']);
  });

  test('the former name of a channel that lives is named, with the time at which it was given up', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'Local/long;1');
    await listed(own, 'Local/long;1');
    asterisk.real = [['1.1', 'Local/cut']];
    asterisk.orphans.push(['1.1', 'Local/long;1']);
    asterisk.tells('Newstate', '1.1', 'Local/cut');
    await listed(own, 'Local/cut');
    const { agreed, asterisks } = await own.session.audit();
    expect(agreed).toBe(1);
    expect(asterisks).toMatchObject([{ uniqueid: '1.1', name: 'Local/long;1', overSince: expect.any(Number) }]);
  });

  test('a channel that is hung up and not yet destroyed is none', async () => {
    const { asterisk, own } = await given();
    asterisk.orphans.push(['1.1', 'PJSIP/ending']);
    asterisk.before.Status = () => {
      asterisk.orphans = [];
    };
    expect((await own.session.audit()).asterisks).toEqual([]);
    expect(asterisk.asked()).toEqual(['Status', 'CoreShowChannels', 'Status', 'CoreShowChannels']);
  });

  test('a channel that Status lacked for a moment, in the middle of a masquerade, is none', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    let moment = true;
    asterisk.before.Status = () => {
      if (!moment) return;
      asterisk.real = [];
      asterisk.orphans.push(['1.1', 'PJSIP/a']);
    };
    asterisk.before.look = () => {
      moment = false;
      asterisk.real = [['1.1', 'PJSIP/a']];
    };
    const audit = await own.session.audit();
    expect(audit.asterisks).toEqual([]);
    expect(audit.ours).toEqual([{ uniqueid: '1.1', name: 'PJSIP/a', outcome: 'withdrawn' }]);
    expect(names(own)).toEqual(['PJSIP/a']);
  });

  test('a channel that ends between the last CoreShowChannels and the second look is none', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    let looks = 0;
    asterisk.before.Status = () => {
      asterisk.real = [];
      asterisk.orphans = [['1.1', 'PJSIP/a']];
    };
    asterisk.before.look = () => {
      looks++;
      asterisk.real = looks === 1 ? [['1.1', 'PJSIP/a']] : [];
    };
    expect((await own.session.audit()).asterisks).toEqual([]);
    expect(looks).toBe(2);
  });

  test('one that was found before is named without another look, for as long as it is listed', async () => {
    const { asterisk, own } = await given();
    asterisk.orphans.push(['1.1', 'PJSIP/old']);
    const first = await own.session.audit();
    const asked = asterisk.asked().length;
    const second = await own.session.audit();
    expect(second.asterisks).toEqual(first.asterisks);
    expect(asterisk.asked().slice(asked)).toEqual(['CoreShowChannels', 'Status']);
    asterisk.orphans = [];
    expect((await own.session.audit()).asterisks).toEqual([]);
  });

  test('what ARI of the same PBX lists is set beside: where an entry is seen is said', async () => {
    const channel = { name: 'PJSIP/by-id', state: 'Up', creationtime: '2026-11-22T10:00:00.000+0000' };
    const channels = [
      { ...channel, id: '1.1' },
      { ...channel, id: '1.2', name: 'PJSIP/both' },
    ];
    await using ari = await scriptedAri({ answers: { ...healthy(), '/channels': { body: channels } } });
    const beside = ariAsker({ url: ari.url, user: USER, secret: SECRET, world: systemWorld });
    const { asterisk, own } = await given({ session: { beside } });
    asterisk.orphans.push(['1.2', 'PJSIP/both']);
    const { asterisks } = await own.session.audit();
    expect(asterisks.map(({ name, seenIn }) => [name, seenIn])).toEqual([
      ['PJSIP/both', ['CoreShowChannels', 'ARI /channels']],
      ['PJSIP/by-id', ['ARI /channels']],
    ]);
    expect(asterisks[1]?.listedSince).toBe(Date.parse('2026-11-22T10:00:00Z'));
  });
});

describe('what cannot be told is said, and the rest is done', () => {
  test('a user who may not ask for CoreShowChannels', async () => {
    const { asterisk, own } = await given({
      answers: { CoreShowChannels: (action, { say }) => say(failure(action, 'Permission denied')) },
    });
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    const audit = await own.session.audit();
    expect(audit).toMatchObject({ agreed: 1, asterisks: [], complete: true });
    expect(audit.cannotTell).toEqual([expect.stringMatching(/CoreShowChannels.*Permission denied.*write=/)]);
  });
  test('an ARI that is not there', async () => {
    const beside = ariAsker({ url: 'http://127.0.0.1:1', user: USER, secret: SECRET, world: systemWorld });
    const { asterisk, own } = await given({ session: { beside } });
    asterisk.orphans.push(['1.1', 'PJSIP/old']);
    const audit = await own.session.audit();
    expect(audit.asterisks.length).toBe(1);
    expect(audit.cannotTell).toEqual([expect.stringMatching(/^What ARI lists: PBX_UNREACHABLE/)]);
    expect(audit.cannotTell.join()).not.toContain(SECRET);
  });
  test('a list that comes incomplete', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    asterisk.vanishes('1.1');
    asterisk.orphans.push(['1.1', 'PJSIP/a']);
    asterisk.cutOff = true;
    const audit = await own.session.audit();
    expect(audit).toMatchObject({ complete: false, ours: [], asterisks: [] });
    expect(audit.cannotTell.length).toBe(1);
    expect(names(own)).toEqual(['PJSIP/a']);
  });
  test('ARI as the only source', async () => {
    await using ari = await scriptedAri({
      answers: { ...healthy(), '/channels': { body: [{ id: '1.1', name: 'PJSIP/a' }] } },
    });
    const common = { url: ari.url, user: USER, secret: SECRET, world: systemWorld };
    const own = await startOwnSession({
      source: ariSource({ ...common, app: 'rollcall-1', variables: [] }),
      grace: 50,
    });
    afterwards.push(() => own.stop());
    const audit = await own.session.audit();
    expect(audit).toMatchObject({ source: 'ari', agreed: 1, asterisks: [], complete: true });
    expect(audit.cannotTell).toEqual([expect.stringContaining('only an AMI source can tell')]);
  });
});

describe('ours and missing', () => {
  test('what the PBX no longer has is ended once a second look agrees', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    asterisk.vanishes('1.1');
    const audit = await own.session.audit();
    expect(audit.ours).toEqual([{ uniqueid: '1.1', name: 'PJSIP/a', outcome: 'repaired' }]);
    await listed(own);
    expect(own.counters.hangups).toEqual({ told: 0, missed: 1, late: 0 });
  });
  test('a Hangup that only came after the list withdraws it', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    asterisk.vanishes('1.1');
    asterisk.before.look = () => {
      asterisk.before = {};
      asterisk.tells('Hangup', '1.1', 'PJSIP/a');
    };
    const audit = await own.session.audit();
    expect(audit.ours).toEqual([{ uniqueid: '1.1', name: 'PJSIP/a', outcome: 'withdrawn' }]);
    expect(own.counters.hangups).toEqual({ told: 1, missed: 0, late: 0 });
  });
  test('a Hangup after the second look was late, and not missed', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    asterisk.vanishes('1.1');
    await own.session.audit();
    asterisk.tells('Hangup', '1.1', 'PJSIP/a');
    await waitFor('the Hangup', () => own.counters.hangups.told === 1);
    expect(own.counters.hangups).toEqual({ told: 1, missed: 1, late: 1 });
  });
  test('what we did not have is taken over; where its Newchannel follows, the list was only quicker', async () => {
    const { asterisk, own } = await given();
    asterisk.real.push(['1.1', 'PJSIP/silent'], ['1.2', 'PJSIP/slow']);
    asterisk.before.Status = () => {
      asterisk.before = {};
      setTimeout(() => asterisk.tells('Newchannel', '1.2', 'PJSIP/slow'), 10);
    };
    const audit = await own.session.audit();
    expect(audit).toMatchObject({
      agreed: 0,
      missing: [
        { uniqueid: '1.1', name: 'PJSIP/silent', outcome: 'repaired' },
        { uniqueid: '1.2', name: 'PJSIP/slow', outcome: 'withdrawn' },
      ],
    });
    await listed(own, 'PJSIP/silent', 'PJSIP/slow');
  });
  test('what another writer did to our log on purpose is found and repaired', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/real');
    await listed(own, 'PJSIP/real');
    const envelope = { time: 1, pbx: own.pbx, boot: 1, source: 'ami', schema: 1 } as const;
    const created: NewEvent = {
      ...envelope,
      id: systemWorld.random.uuid(),
      ...{ type: 'ChannelCreated', data: { name: 'PJSIP/invented', origin: 'created' } },
    };
    await own.log.append(channelStream(own.pbx, 1, '6.6'), 'none', [created]);
    const head = own.list().find(({ uniqueid }) => uniqueid === '1.1')?.revision ?? 'none';
    const destroyed: NewEvent = {
      ...envelope,
      id: systemWorld.random.uuid(),
      ...{ type: 'ChannelDestroyed', data: { reason: 'hangup' } },
    };
    await own.log.append(channelStream(own.pbx, 1, '1.1'), head, [destroyed]);
    await listed(own, 'PJSIP/invented');
    const audit = await own.session.audit();
    expect(audit).toMatchObject({
      agreed: 0,
      ours: [{ uniqueid: '6.6', name: 'PJSIP/invented', outcome: 'repaired' }],
      missing: [{ uniqueid: '1.1', name: 'PJSIP/real', outcome: 'repaired' }],
    });
    await listed(own, 'PJSIP/real');
    expect(await own.session.audit()).toMatchObject({ agreed: 1, ours: [], missing: [] });
    expect(own.counters.hangups.missed).toBe(0);
  });
  test('a second look without an answer leaves it unsettled, and it is asked again with the next list', async () => {
    const { asterisk, own } = await given({ answerTimeoutMs: 300 });
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    asterisk.vanishes('1.1');
    asterisk.silent = true;
    const audit = await own.session.audit();
    expect(audit.ours).toEqual([{ uniqueid: '1.1', name: 'PJSIP/a', outcome: 'unsettled' }]);
    asterisk.silent = false;
    expect((await own.session.audit()).ours).toMatchObject([{ outcome: 'repaired' }]);
  });
});

describe('an audit', () => {
  test('is one for all who ask while it is under way', async () => {
    const { asterisk, own } = await given();
    const [one, other] = await Promise.all([own.session.audit(), own.session.audit()]);
    expect(one).toBe(other);
    expect(asterisk.asked()).toEqual(['Status', 'CoreShowChannels', 'Status']);
    expect(own.counters.audits).toEqual({
      done: 1,
      failed: 0,
      last: { at: one.at, agreed: 0, ours: 0, missing: 0, asterisks: 0 },
    });
  });
  test('comes from time to time where that is asked for, and is told of', async () => {
    const { asterisk, own } = await given({ session: { auditEvery: 20 } });
    asterisk.orphans.push(['1.1', 'PJSIP/old']);
    await waitFor('three audits with it', () => own.audits.filter((audit) => audit.asterisks.length === 1).length >= 3);
    expect(own.counters.audits.last?.asterisks).toBe(1);
  });
  test('of a PBX that is away is refused', async () => {
    const { asterisk, own } = await given();
    asterisk.stop();
    await own.until('stale');
    expect(await refusal(own.session.audit())).toBe('PBX_NOT_CONNECTED');
  });
  test('ends with the connection', async () => {
    const { asterisk, own } = await given();
    asterisk.before.Status = () => asterisk.cut();
    expect(await refusal(own.session.audit())).toBe('PBX_NOT_CONNECTED');
    expect(own.counters.audits).toMatchObject({ done: 0, failed: 1 });
    asterisk.before = {};
    await own.until('stale');
    await own.until('live');
    expect((await own.session.audit()).complete).toBe(true);
  });
  test('is waited for no longer than its caller wants, and goes on for the others', async () => {
    const { own } = await given();
    const giveUp = new AbortController();
    const givenUp = refusal(own.session.audit(giveUp.signal));
    const other = own.session.audit();
    giveUp.abort();
    expect(await givenUp).toBe('AUDIT_ABANDONED');
    expect((await other).complete).toBe(true);
  });
});

describe('an examination', () => {
  test('says what the PBX and the connection show', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    asterisk.begins('1.2', 'PJSIP/b');
    asterisk.begins('1.3', 'PJSIP/c');
    await listed(own, 'PJSIP/a', 'PJSIP/b', 'PJSIP/c');
    const hangups = async () => (await own.session.examine()).find(({ what }) => what === 'hangups');
    expect((await own.session.examine()).map(({ what }) => what)).toEqual([
      'clock-skew',
      'permission',
      'event-times',
      'write-timeout',
      'event-filter',
      'hangups',
    ]);
    expect(await hangups()).toMatchObject({ ok: undefined });
    asterisk.vanishes('1.1');
    asterisk.tells('Hangup', '1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/b', 'PJSIP/c');
    expect(await hangups()).toMatchObject({ ok: true });
    asterisk.vanishes('1.2');
    await own.session.audit();
    expect(await hangups()).toMatchObject({
      ok: false,
      detail: 'Of 2 channels that ended over this connection, 1 did so without a Hangup.',
    });
  });
  test('does not hold a connection responsible for what ended before it', async () => {
    const { asterisk, own } = await given();
    asterisk.begins('1.1', 'PJSIP/a');
    await listed(own, 'PJSIP/a');
    asterisk.cut();
    asterisk.vanishes('1.1');
    await own.until('stale');
    await own.until('live');
    await listed(own);
    expect(own.counters.hangups).toEqual({ told: 0, missed: 0, late: 0 });
  });
  test('of a PBX that is away is refused, and one under way ends with the connection', async () => {
    const { asterisk, own } = await given({ answers: { Ping: () => asterisk.cut() } });
    expect(await refusal(own.session.examine())).toBe('PBX_NOT_CONNECTED');
    asterisk.stop();
    await own.until('stale');
    expect(await refusal(own.session.examine())).toBe('PBX_NOT_CONNECTED');
  });
  test('is waited for no longer than its caller wants', async () => {
    const { own } = await given({ answers: { Ping: () => {} } });
    const giveUp = new AbortController();
    const refused = refusal(own.session.examine(giveUp.signal));
    giveUp.abort();
    expect(await refused).toBe('EXAMINATION_ABANDONED');
  });
});
