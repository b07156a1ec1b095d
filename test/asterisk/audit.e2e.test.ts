import { amiSource, ariAsker, ariSource } from '@rollcall/asterisk';
import { channelStream, type NewEvent, type PbxAudit } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type OwnSession, type OwnSessionOptions, startOwnSession } from '../support/own-session.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { connectJudge, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';
import { makeGhosts, startTraffic } from './traffic.ts';

const versions: readonly AsteriskVersion[] = ['22', '16'];

for (const version of versions) {
  const asterisk = await findAsterisk(version);
  if (!asterisk.found) {
    console.warn(`SKIPPED: ${asterisk.reason}`);
    test.skip(`Asterisk ${version}: ${asterisk.reason}`, () => undefined);
    continue;
  }

  describe(`an audit of a real Asterisk ${version}`, () => {
    let pbx: Pbx;
    let judge: Judge;
    let own: OwnSession | undefined;

    const ariAddress = () => {
      const { url, user, password } = pbx.ari;
      return { url: url.replace(/\/ari$/, ''), user, secret: password, world: systemWorld };
    };
    const begin = async (options: Partial<OwnSessionOptions> = {}): Promise<OwnSession> => {
      const source = amiSource({ ...pbx.ami, variables: [], world: systemWorld });
      own = await startOwnSession({ source, ...options });
      return own;
    };
    const call = async (exten: string): Promise<void> => {
      await judge.originate(`Local/${exten}@default/n`, { Application: 'Echo' });
    };
    const quiet = () => waitFor('no channel', async () => (await judge.status()).length === 0);
    const namesOf = (audit: PbxAudit): string[] => audit.asterisks.map(({ name }) => name).sort();

    beforeAll(async () => {
      pbx = await asterisk.start(`audit-${version}`);
      judge = await connectJudge(pbx.ami);
    });
    afterEach(async () => {
      await judge.hangup('/^.*$/');
      await quiet();
      const ended = await own?.stop();
      own = undefined;
      expect(ended?.differences ?? []).toEqual([]);
    });
    afterAll(async () => {
      judge.close();
      await pbx.stop();
    });

    test('under load it agrees with Asterisk, and finds no ghost where there is none', async () => {
      const { session, counters } = await begin({ beside: ariAsker(ariAddress()) });
      const traffic = startTraffic(pbx, { rate: 40, seconds: 12, seed: 5 });
      let going = true;
      const finished = traffic.finished.finally(() => {
        going = false;
      });
      const audits: PbxAudit[] = [];
      while (going) audits.push(await session.audit());
      const { calls } = await finished;
      const sum = (of: (audit: PbxAudit) => number) => audits.reduce((all, audit) => all + of(audit), 0);
      const agreed = sum((audit) => audit.agreed);
      console.log(
        `Asterisk ${version}: ${calls} calls, ${audits.length} audits, ${agreed} agreed, ${sum(({ ours }) => ours.length)} ours, ${sum(({ missing }) => missing.length)} missing for a moment, hangups ${JSON.stringify(counters.hangups)}`,
      );
      expect(audits.flatMap((audit) => audit.asterisks)).toEqual([]);
      expect(audits.filter((audit) => !audit.complete || audit.cannotTell.length > 0)).toEqual([]);
      expect(Math.max(...audits.map((audit) => audit.agreed))).toBeGreaterThan(40);
      await traffic.drained();
      await waitFor('an empty list', () => own?.list().length === 0);
      // Whatever an audit ended was over: its Hangup was only later than the second look, on a machine that was busy.
      await waitFor('the last Hangups', () => counters.hangups.missed === counters.hangups.late);
      expect(sum(({ ours }) => ours.filter(isRepaired).length)).toBeLessThanOrEqual(counters.hangups.late);
      expect(await session.audit()).toMatchObject({ agreed: 0, ours: [], missing: [], asterisks: [] });
    });

    test("every one of Asterisk's own ghosts is named with its age, under load too, and none is taken over", async () => {
      const { session, list } = await begin({ beside: ariAsker(ariAddress()) });
      const before = Date.now();
      const ghosts = [...(await makeGhosts(pbx, 5))].sort();
      const first = await session.audit();
      expect(namesOf(first)).toEqual(ghosts);
      for (const { seenIn, overSince = 0 } of first.asterisks) {
        // ARI answers from the cache by uniqueid, where the masquerade left nothing behind.
        expect(seenIn).toEqual(['CoreShowChannels']);
        expect(overSince).toBeGreaterThanOrEqual(before);
        expect(overSince).toBeLessThanOrEqual(first.at);
      }
      const traffic = startTraffic(pbx, { rate: 30, seconds: 5, seed: 11 });
      let going = true;
      const finished = traffic.finished.finally(() => {
        going = false;
      });
      while (going) expect((await session.audit()).asterisks).toEqual(first.asterisks);
      await finished;
      await traffic.drained();
      expect(list().filter(({ name }) => ghosts.includes(name))).toEqual([]);
      expect((await session.audit()).agreed).toBe(0);
    });

    test('a Rollcall that starts beside ghosts names them, though it never knew their channels', async () => {
      const cached = (await judge.coreShowChannels()).map(({ Channel = '' }) => Channel);
      expect(cached.length).toBeGreaterThanOrEqual(5);
      const { session, list } = await begin();
      const audit = await session.audit();
      expect(namesOf(audit)).toEqual(cached.sort());
      expect(audit.asterisks.filter(({ overSince }) => overSince !== undefined)).toEqual([]);
      for (const { listedSince = 0 } of audit.asterisks) expect(Date.now() - listedSince).toBeLessThan(120_000);
      expect(list()).toEqual([]);
    });

    test('the former name of a channel that lives on is named, and the channel is not', async () => {
      const { session, list } = await begin();
      const known = namesOf(await session.audit());
      await call('qqlive'.padEnd(77, 'q'));
      await waitFor('both halves', () => list().filter(({ state }) => state === 6).length === 2);
      const first = list().find(({ name }) => name.endsWith(';1'));
      if (!first) throw new Error('there is no first half');
      await judge.redirect(first.name, 'echo');
      await waitFor('the cut name', () => list().some(({ name }) => name.length === 79));
      const audit = await session.audit();
      expect(audit.agreed).toBe(2);
      expect(audit.asterisks.filter(({ name }) => !known.includes(name))).toMatchObject([
        { uniqueid: first.uniqueid, name: first.name, overSince: expect.any(Number) },
      ]);
    });

    test('what our list has too much or too little is found and repaired', async () => {
      const { session, log, list, pbx: name } = await begin();
      await call('echo');
      await waitFor('both halves', () => list().filter(({ state }) => state === 6).length === 2);
      await waitFor('the echo', () => list().some(({ application }) => application === 'Echo'));
      // Whatever was said until now is in the list: an event that came after the false end would have it repaired before anybody saw it.
      expect(await session.audit()).toMatchObject({ agreed: 2, ours: [], missing: [] });
      const [victim, other] = list();
      if (!victim || !other) throw new Error('there are no channels');
      const boot = victim.boot;
      const common = { time: Date.now(), pbx: name, boot, source: 'ami', schema: 1 } as const;
      const invented: NewEvent = {
        ...{ ...common, id: systemWorld.random.uuid() },
        ...{ type: 'ChannelCreated', data: { name: 'PJSIP/invented-1', origin: 'created' } },
      };
      const destroyed: NewEvent = {
        ...{ ...common, id: systemWorld.random.uuid() },
        ...{ type: 'ChannelDestroyed', data: { reason: 'hangup' } },
      };
      await log.append(channelStream(name, boot, '6.6'), 'none', [invented]);
      await log.append(channelStream(name, boot, victim.uniqueid), victim.revision, [destroyed]);
      await waitFor('the wrong list', () => !list().some(({ uniqueid }) => uniqueid === victim.uniqueid));
      expect(await session.audit()).toMatchObject({
        agreed: 1,
        ours: [{ uniqueid: '6.6', name: 'PJSIP/invented-1', outcome: 'repaired' }],
        missing: [{ uniqueid: victim.uniqueid, name: victim.name, outcome: 'repaired' }],
      });
      const wanted = [victim.uniqueid, other.uniqueid].sort();
      await waitFor('the right list', () => uniqueids(list()).join() === wanted.join());
      expect(await session.audit()).toMatchObject({ agreed: 2, ours: [], missing: [] });
    });

    test('by ARI alone it agrees, and says what it cannot tell', async () => {
      const source = ariSource({ ...ariAddress(), app: 'rollcall-audit', variables: [] });
      const { session, list } = await begin({ source });
      await call('echo');
      await waitFor('both halves', () => list().length === 2);
      const audit = await session.audit();
      expect(audit).toMatchObject({ source: 'ari', agreed: 2, ours: [], missing: [], asterisks: [], complete: true });
      expect(audit.cannotTell.length).toBe(1);
    });
  });
}

const isRepaired = ({ outcome }: { outcome: string }): boolean => outcome === 'repaired';
const uniqueids = (channels: { uniqueid: string }[]): string[] => channels.map(({ uniqueid }) => uniqueid).sort();
