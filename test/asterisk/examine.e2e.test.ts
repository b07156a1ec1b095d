import { type AmiSourceOptions, amiSource, ariSource, type Finding } from '@rollcall/asterisk';
import { systemWorld, type World } from '@rollcall/clock';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type OwnSession, type OwnSessionOptions, startOwnSession } from '../support/own-session.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { connectJudge, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';

const versions: readonly AsteriskVersion[] = ['22', '16'];
// These users are of this folder's own manager.conf.
const isLent = process.env.ROLLCALL_TEST_ASTERISK !== undefined;

for (const version of versions) {
  const asterisk = await findAsterisk(version);
  if (isLent || !asterisk.found) {
    const reason = asterisk.found ? 'the PBX is only lent' : asterisk.reason;
    console.warn(`SKIPPED: ${reason}`);
    test.skip(`Asterisk ${version}: ${reason}`, () => undefined);
    continue;
  }

  describe(`what can be learned of a real Asterisk ${version}`, () => {
    let pbx: Pbx;
    let judge: Judge;
    let own: OwnSession | undefined;

    const begin = async (options: Partial<AmiSourceOptions>, session: Partial<OwnSessionOptions> = {}) => {
      const source = amiSource({ ...pbx.ami, variables: [], world: systemWorld, ...options });
      own = await startOwnSession({ source, ...session });
      return own;
    };
    const byUser = async (user: string, options: Partial<AmiSourceOptions> = {}): Promise<Found> => {
      const { session } = await begin({ user, ...options });
      return found(await session.examine());
    };
    const call = async (): Promise<void> => {
      await judge.originate('Local/echo@default/n', { Application: 'Echo' });
      await waitFor('both halves', () => own?.list().length === 2);
    };

    beforeAll(async () => {
      pbx = await asterisk.start(`examine-${version}`);
      judge = await connectJudge(pbx.ami);
    });
    afterEach(async () => {
      await judge.hangup('/^.*$/');
      await own?.stop();
      own = undefined;
    });
    afterAll(async () => {
      judge.close();
      await pbx.stop();
    });

    test.each(['reporting', 'rollcall'])('all is well for user "%s", and it is not even warned of', async (name) => {
      const user = name === 'rollcall' ? pbx.ami.user : name;
      const findings = await byUser(user);
      expect(own?.warnings()).toEqual([]);
      expect(oks(findings)).toEqual({
        'clock-skew': true,
        permission: true,
        'event-times': true,
        'write-timeout': true,
        'event-filter': true,
        hangups: undefined,
      });
      await call();
      await judge.hangup('/^.*$/');
      await waitFor('an empty list', () => own?.list().length === 0);
      const after = found((await own?.session.examine()) ?? []);
      expect(after.hangups).toMatchObject({ ok: true, detail: 'All of the 2 ends over this connection were told.' });
    });

    test('a clock that is wrong is measured', async () => {
      const clock = { ...systemWorld.clock, now: () => systemWorld.clock.now() + 5_000 };
      const world: World = { ...systemWorld, clock };
      const findings = await byUser('reporting', { world });
      expect(findings['clock-skew']).toMatchObject({
        ok: false,
        detail: expect.stringMatching(/ (4\.9|5\.0)\d\d s behind/),
      });
    });

    test('a user without read=dialplan and with Asterisk’s own write timeout', async () => {
      const findings = await byUser('careless');
      expect(own?.warnings()).toEqual([expect.stringContaining('read=dialplan')]);
      expect(findings.permission).toMatchObject({ ok: false, detail: expect.stringContaining('read=dialplan') });
      expect(findings['write-timeout']).toMatchObject({ ok: false, detail: expect.stringContaining('100 ms') });
    });

    test('a user who may not ask for settings: what is not known is said to be so', async () => {
      const findings = await byUser('closed');
      expect(own?.warnings()).toEqual([expect.stringContaining('cannot be checked')]);
      expect(oks(findings)).toMatchObject({
        permission: false,
        'event-times': undefined,
        'write-timeout': undefined,
        'event-filter': undefined,
      });
    });

    test('a filter that hides Hangup is named, and so is what went unheard', async () => {
      const before = await byUser('blind');
      expect(before['event-filter']).toMatchObject({
        ok: false,
        detail: expect.stringContaining('Hangup, HangupRequest (by eventfilter=!Event: Hangup)'),
      });
      await call();
      await judge.hangup('/^.*$/');
      await waitFor('no channel', async () => (await judge.status()).length === 0);
      expect((await own?.session.audit())?.ours).toMatchObject([{ outcome: 'repaired' }, { outcome: 'repaired' }]);
      const after = found((await own?.session.examine()) ?? []);
      expect(after.hangups).toMatchObject({ ok: false, detail: expect.stringContaining(' 2 did so without a Hangup') });
      expect(own?.counters.hangups).toEqual({ told: 0, missed: 2, late: 0 });
    });

    test('a filter of the later form is named by the version that knows it', async () => {
      const findings = await byUser('blind-by-name');
      const detail = expect.stringContaining('Hangup (by eventfilter(action(exclude),name(Hangup))=');
      expect(findings['event-filter']).toMatchObject(version === '22' ? { ok: false, detail } : { ok: true });
      await call();
      await judge.hangup('/^.*$/');
      await waitFor('no channel', async () => (await judge.status()).length === 0);
      await own?.session.audit();
      expect(own?.counters.hangups).toMatchObject(version === '22' ? { told: 0, missed: 2 } : { told: 2, missed: 0 });
    });

    test('events that are disabled for all are named', async () => {
      const set = async (action: string, value: string) =>
        judge.action({
          ...{ Action: 'UpdateConfig', SrcFilename: 'manager.conf', DstFilename: 'manager.conf' },
          ...{ 'Action-000000': action, 'Cat-000000': 'general', 'Var-000000': 'disabledevents' },
          ...(value && { 'Value-000000': value }),
        });
      expect((await set('Append', 'Newexten,Hangup')).response).toMatchObject({ Response: 'Success' });
      const findings = await byUser('reporting');
      await set('Delete', '');
      expect(findings['event-filter']).toMatchObject({
        ok: false,
        detail: expect.stringContaining('Newexten, Hangup (by disabledevents in [general])'),
      });
    });

    test('no finding holds a secret', async () => {
      const findings = await byUser('blind-by-name');
      expect(JSON.stringify(findings)).not.toContain(pbx.ami.secret);
    });

    test('by ARI: the clock, and the application; the rest cannot be told', async () => {
      const url = pbx.ari.url.replace(/\/ari$/, '');
      const access = { url, user: pbx.ari.user, secret: pbx.ari.password, world: systemWorld };
      own = await startOwnSession({ source: ariSource({ ...access, app: 'rollcall-examine', variables: [] }) });
      const findings = found(await own.session.examine());
      expect(oks(findings)).toEqual({
        'clock-skew': true,
        permission: true,
        'write-timeout': undefined,
        'event-filter': true,
        hangups: undefined,
      });
    });
  });
}

type Found = Partial<Record<Finding['what'], Finding>>;
const found = (findings: Finding[]): Found => Object.fromEntries(findings.map((finding) => [finding.what, finding]));
const oks = (findings: Found) => Object.fromEntries(Object.values(findings).map(({ what, ok }) => [what, ok]));
