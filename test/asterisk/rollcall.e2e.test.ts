import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startProxy } from '../support/proxy.ts';
import { type RollcallProcess, rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { connectJudge, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';
import { disagreements } from './status-agreement.ts';
import { makeGhosts, startTraffic } from './traffic.ts';

const versions: readonly AsteriskVersion[] = ['22', '16'];

for (const version of versions) {
  const asterisk = await findAsterisk(version);
  if (!asterisk.found) {
    console.warn(`SKIPPED: ${asterisk.reason}`);
    test.skip(`Asterisk ${version}: ${asterisk.reason}`, () => undefined);
    continue;
  }

  describe(`Rollcall beside a real Asterisk ${version}`, () => {
    let pbx: Pbx;
    let judge: Judge;
    let data: string;
    let running: RollcallProcess | undefined;

    const ami = (port = pbx.ami.port) => `ami://${pbx.ami.user}:${pbx.ami.secret}@${pbx.ami.host}:${port}`;
    const ari = () => {
      const { host } = new URL(pbx.ari.url);
      return `ari+http://${pbx.ari.user}:${pbx.ari.password}@${host}`;
    };
    const begin = async (pbxs: Record<string, string>): Promise<RollcallProcess> => {
      running = await startRollcall({ data, pbxs, args: ['--reconcile-every', '5s'] });
      for (const name of Object.keys(pbxs)) await running.until(name, 'live');
      return running;
    };
    const agreed = (one: RollcallProcess, name: string): Promise<number> => {
      let last: string[] = [];
      return waitFor(
        () => `agreement with Status: ${last.slice(0, 5).join('; ')}\n${one.printed().slice(-2000)}`,
        async () => {
          last = await disagreements(judge, one, name);
          return last.length === 0;
        },
      );
    };
    const verified = async (): Promise<void> => {
      expect(await running?.stop()).toBe(0);
      running = undefined;
      const { code, out } = await rollcall('verify', '--data', data, '--json');
      expect(JSON.parse(out)).toMatchObject({ equal: true });
      expect(code).toBe(0);
    };

    beforeAll(async () => {
      pbx = await asterisk.start(`e2e-${version}`);
      judge = await connectJudge(pbx.ami);
      data = mkdtempSync(join(tmpdir(), 'rollcall-e2e-'));
    });
    afterEach(async () => {
      await running?.kill9();
      running = undefined;
      rmSync(data, { recursive: true, force: true });
      data = mkdtempSync(join(tmpdir(), 'rollcall-e2e-'));
    });
    afterAll(async () => {
      judge.close();
      await pbx.stop();
      rmSync(data, { recursive: true, force: true });
    });

    test('under SIPp load with transfers, redirects and pickups it agrees with Status, by AMI and by ARI, and drains with it', async () => {
      const one = await begin({ ami: ami(), ari: ari() });
      const traffic = startTraffic(pbx, { rate: 40, seconds: 10, seed: 7 });
      let going = true;
      const finished = traffic.finished.finally(() => {
        going = false;
      });
      const waits: number[] = [];
      let most = 0;
      while (going) {
        for (const name of ['ami', 'ari']) waits.push(await agreed(one, name));
        most = Math.max(most, (await one.list()).channels.length);
      }
      const { calls, actions } = await finished;
      console.log(
        `Asterisk ${version}: ${calls} calls, ${actions} actions, ${waits.length} samples, agreed within ${Math.max(...waits).toFixed(0)} ms at the worst`,
      );
      expect(most).toBeGreaterThan(40);
      await traffic.drained();
      for (const name of ['ami', 'ari']) await agreed(one, name);
      await waitFor('an empty list', async () => (await one.list()).channels.length === 0);
      await verified();
    });

    test('a PBX killed mid-call leaves nothing, and its new life is followed without a restart of Rollcall', async () => {
      const one = await begin({ ami: ami(), ari: ari() });
      for (let call = 0; call < 6; call++) await judge.originate('Local/answer@default/n', { Application: 'Echo' });
      await waitFor('calls', async () => (await one.list()).channels.length >= 24);
      await pbx.kill9();
      for (const name of ['ami', 'ari']) {
        await waitFor(`${name} not live`, async () =>
          (await one.ready()).pbxs.some((p) => p.name === name && p.state !== 'live'),
        );
      }
      const { code, out } = await rollcall('channels', '--count', '--data', data);
      expect(`${code} ${out}`).toMatch(/^0 0 active channels/);
      await pbx.start();
      judge.close();
      judge = await connectJudge(pbx.ami);
      for (const name of ['ami', 'ari']) await one.until(name, 'live');
      await waitFor('an empty list', async () => (await one.list()).channels.length === 0);
      await judge.originate('Local/answer@default/n', { Application: 'Echo' });
      await waitFor('the new calls', async () => (await one.list()).channels.length === 4);
      for (const name of ['ami', 'ari']) await agreed(one, name);
      await judge.hangup('/^Local/');
      await waitFor('an empty list', async () => (await one.list()).channels.length === 0);
      await verified();
    });

    test('a connection cut under load makes its channels stale at once, and is reconciled on return', async () => {
      const proxy = await startProxy(pbx.ami);
      try {
        const one = await begin({ cut: ami(proxy.port) });
        const traffic = startTraffic(pbx, { rate: 30, seconds: 9, seed: 3 });
        await waitFor('calls', async () => (await one.list()).channels.length > 20);
        proxy.cut();
        await one.until('cut', 'stale');
        const { err, out } = await rollcall('channels', '--count', '--data', data);
        expect(out).toContain('0 active channels');
        expect(err).toContain('cut');
        const held = (await one.list()).channels.length;
        await waitFor('other calls', async () => (await judge.status()).length > 0);
        proxy.restore();
        await one.until('cut', 'live');
        expect(held).toBeGreaterThan(0);
        await agreed(one, 'cut');
        await traffic.finished;
        await traffic.drained();
        await waitFor('an empty list', async () => (await one.list()).channels.length === 0);
        await verified();
      } finally {
        proxy.close();
      }
    });

    test("Asterisk's own ghosts are never listed, nor taken over by a Rollcall that starts beside them", async () => {
      const one = await begin({ ami: ami(), ari: ari() });
      const ghosts = await makeGhosts(pbx, 3);
      expect((await judge.coreShowChannels()).length).toBeGreaterThanOrEqual(ghosts.length);
      await waitFor('an empty list', async () => (await one.list()).channels.length === 0);
      await verified();
      rmSync(data, { recursive: true, force: true });
      const fresh = await begin({ ami: ami(), ari: ari() });
      expect((await fresh.list()).channels).toEqual([]);
    });
  });
}
