import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RollcallProcess, rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { connectJudge, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';
import { makeGhosts } from './traffic.ts';

const versions: readonly AsteriskVersion[] = ['22', '16'];

for (const version of versions) {
  const asterisk = await findAsterisk(version);
  if (!asterisk.found) {
    console.warn(`SKIPPED: ${asterisk.reason}`);
    test.skip(`Asterisk ${version}: ${asterisk.reason}`, () => undefined);
    continue;
  }

  describe(`rollcall audit, beside a real Asterisk ${version}`, () => {
    let pbx: Pbx;
    let judge: Judge;
    let data: string;
    let running: RollcallProcess | undefined;

    beforeAll(async () => {
      pbx = await asterisk.start(`audit-command-${version}`);
      judge = await connectJudge(pbx.ami);
    });
    beforeEach(() => {
      data = mkdtempSync(join(tmpdir(), 'rollcall-audit-'));
    });
    afterEach(async () => {
      await running?.stop();
      running = undefined;
      rmSync(data, { recursive: true, force: true });
    });
    afterAll(async () => {
      judge?.close();
      await pbx?.stop();
    });

    const follow = async (): Promise<void> => {
      const config = join(data, 'rollcall.yaml');
      const ari = `ari+http://${pbx.ari.user}:${pbx.ari.password}@${new URL(pbx.ari.url).host}`;
      const ami = `ami://${pbx.ami.user}:${pbx.ami.secret}@${pbx.ami.host}:${pbx.ami.port}`;
      writeFileSync(config, JSON.stringify({ auditEvery: 'off', pbx: { 'pbx-a': { url: ami, ari: { url: ari } } } }));
      running = await startRollcall({ data, pbxs: {}, args: ['--config', config] });
      await running.until('pbx-a', 'live');
    };

    test('names every ghost of Asterisk, says how long, counts what agrees, and tells nobody else of them', async () => {
      await follow();
      expect(await rollcall('audit', '--data', data)).toMatchObject({ code: 0, err: '' });

      const ghosts = await makeGhosts(pbx, 5);
      for (let call = 0; call < 3; call += 1) {
        await judge.originate('Local/answer@default/n', { Context: 'default', Exten: 'echo', Priority: '1' });
      }
      await waitFor('six channels here', async () => (await running?.list())?.channels.length === 6);

      const { code, out } = await rollcall('audit', '--data', data, '--pbx', 'pbx-a', '--json');
      expect(code).toBe(1);
      const [audit] = JSON.parse(out).audits;
      expect(audit).toMatchObject({ pbx: 'pbx-a', agreed: 6, ours: [], missing: [], complete: true, cannotTell: [] });
      expect(audit.asterisks.map(({ name }: { name: string }) => name).sort()).toEqual([...ghosts].sort());
      for (const ghost of audit.asterisks) {
        expect(ghost.seenIn).toEqual(['CoreShowChannels']);
        expect(ghost.overSince).toBeLessThanOrEqual(Date.now());
      }

      const told = await rollcall('audit', '--data', data);
      expect(told.code).toBe(1);
      for (const name of ghosts) expect(told.out).toContain(name);
      expect(told.out).toMatch(/only a restart of that Asterisk removes them/);
      expect((await running?.list())?.channels.filter(({ name }) => ghosts.includes(name))).toEqual([]);
      const { pbxs } = (await running?.ready()) ?? { pbxs: [] };
      expect(pbxs).toMatchObject([{ counters: { audits: { last: { agreed: 6, asterisks: 5 } } } }]);
    });

    test('says why a PBX cannot be asked, and what to do where no Rollcall runs', async () => {
      const { code, err } = await rollcall('audit', '--data', data);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('rollcall start') });
      await follow();
      const unknown = await rollcall('audit', '--data', data, '--pbx', 'nobody');
      expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('pbx-a') });
      await pbx.kill9();
      await waitFor('the loss to be noticed', async () => (await running?.ready())?.pbxs[0]?.state !== 'live');
      const away = await rollcall('audit', '--data', data);
      expect(away).toMatchObject({ code: 2, err: expect.stringContaining('PBX_NOT_CONNECTED') });
      await pbx.start();
    });
  });
}
