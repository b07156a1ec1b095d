import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { connectJudge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import { disagreements } from './status-agreement.ts';
import { startTraffic } from './traffic.ts';

const KILLS = 50;
/** A killed process has lived this long at the most after it was ready, in milliseconds: from just connected to mid-work. */
const LONGEST_LIFE = 900;

const asterisk = await findAsterisk('22');
if (!asterisk.found) {
  console.warn(`SKIPPED: ${asterisk.reason}`);
  test.skip(`Asterisk 22: ${asterisk.reason}`, () => undefined);
} else {
  test(`killed ${KILLS} times at random moments under load, Rollcall comes back, reconciles, and is what its log says`, async () => {
    const pbx = await asterisk.start('kills');
    const judge = await connectJudge(pbx.ami);
    const data = mkdtempSync(join(tmpdir(), 'rollcall-kills-'));
    const pbxs = { pbx: `ami://${pbx.ami.user}:${pbx.ami.secret}@${pbx.ami.host}:${pbx.ami.port}` };
    let underLoad = true;
    const load = (async () => {
      while (underLoad) await startTraffic(pbx, { rate: 30, seconds: 10, seed: 50 }).finished;
    })();
    try {
      let events = 0;
      for (let kill = 1; kill <= KILLS; kill++) {
        const one = await startRollcall({ data, pbxs });
        const life = Math.random() * LONGEST_LIFE;
        const killAt = performance.now() + life;
        await waitFor('the moment', () => performance.now() >= killAt);
        await one.kill9();
        const { out, err, code } = await rollcall('verify', '--data', data, '--json');
        expect(code, `kill ${kill} after ${life.toFixed(0)} ms: ${out} ${err}`).toBe(0);
        const { head } = JSON.parse(out);
        expect(head).toBeGreaterThanOrEqual(events);
        events = head;
      }
      expect(events).toBeGreaterThan(KILLS * 20);
      const last = await startRollcall({ data, pbxs });
      await last.until('pbx', 'live');
      await waitFor('agreement with Status', async () => (await disagreements(judge, last, 'pbx')).length === 0);
      underLoad = false;
      await load;
      await waitFor('an empty Status', async () => {
        const left = await judge.status();
        if (left.length > 0) await judge.hangup('/^.*$/');
        return left.length === 0;
      });
      let listed: string[] = [];
      // A Hangup that Asterisk never sends is found when the lists are next compared, once a minute.
      await waitFor(
        'an empty list',
        async () => {
          listed = (await last.list()).channels.map(({ name, uniqueid }) => `${name} ${uniqueid}`);
          return listed.length === 0;
        },
        90_000,
      ).catch(async (error) => {
        throw new Error(`${error}: ${listed.join(', ')}; Status has ${(await judge.status()).length}`);
      });
      expect(await last.stop()).toBe(0);
      const { code, out } = await rollcall('verify', '--data', data, '--json');
      expect(code, out).toBe(0);
      console.log(`${KILLS} kills, ${JSON.parse(out).head} events in the log, 0 differences after each`);
    } finally {
      underLoad = false;
      judge.close();
      await pbx.stop();
      rmSync(data, { recursive: true, force: true });
    }
  }, 900_000);
}
