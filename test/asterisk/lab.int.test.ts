import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorization } from './ari-side-by-side.ts';
import { connectJudge } from './judge.ts';
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

  describe(`Asterisk ${version} (${asterisk.where})`, () => {
    let pbx: Pbx;
    beforeAll(async () => {
      pbx = await asterisk.start(`lab-${version}`);
    });
    afterAll(async () => {
      await pbx.stop();
    });

    test('says who it is on AMI, AMI over TLS, ARI and the CLI', async () => {
      const judge = await connectJudge(pbx.ami);
      await judge.fullyBooted;
      expect(judge.banner).toMatch(/^Asterisk Call Manager\//);
      const settings = (await judge.action({ Action: 'CoreSettings' })).response;
      expect(settings).toMatchObject({
        AsteriskVersion: expect.stringMatching(`^${version}\\.`),
        SystemName: pbx.systemname,
      });
      judge.close();

      expect(await tlsBanner(pbx)).toMatch(/^Asterisk Call Manager\//);
      expect(await pbx.cli('core show version')).toContain(`Asterisk ${version}.`);
      const info = await fetch(`${pbx.ari.url}/asterisk/info`, { headers: { authorization: authorization(pbx.ari) } });
      expect(await info.json()).toMatchObject({ config: { name: pbx.systemname } });
    });

    test('the limited user may not ask for lists', async () => {
      const limited = await connectJudge(pbx.amiLimited);
      expect((await limited.action({ Action: 'Status' })).response).toMatchObject({ Message: 'Permission denied' });
      limited.close();
    });

    test('traffic makes calls of all kinds and drains to an empty Status', async () => {
      const judge = await connectJudge(pbx.ami);
      const seen = new Set<string>();
      judge.onEvent((event) => seen.add(event.Event ?? ''));
      const traffic = startTraffic(pbx, { rate: 40, seconds: 5, seed: 1 });
      const lists = await listsUntil(traffic.finished, async () =>
        (await judge.status()).map((channel) => channel.Channel),
      );
      expect(Math.max(...lists.map((list) => list.length))).toBeGreaterThan(20);
      const names = lists.flat().join('\n');
      for (const technology of ['PJSIP/caller', 'PJSIP/phone', 'Local/']) expect(names).toContain(technology);

      const counts = await traffic.finished;
      expect(counts.calls).toBeGreaterThanOrEqual(150);
      expect(counts.actions).toBeGreaterThan(0);
      await traffic.drained();
      expect(await judge.status()).toEqual([]);
      const wanted = [
        'Newchannel',
        'Hangup',
        'BridgeEnter',
        'LocalOptimizationEnd',
        'Pickup',
        'BlindTransfer',
        'ParkedCall',
      ];
      expect([...seen]).toEqual(expect.arrayContaining(wanted));
      judge.close();
    });

    test('a ghost stays in CoreShowChannels when Status no longer has it', async () => {
      const ghosts = await makeGhosts(pbx, 2);
      expect(ghosts).toHaveLength(2);
      const judge = await connectJudge(pbx.ami);
      expect((await judge.coreShowChannels()).map((channel) => channel.Channel)).toEqual(
        expect.arrayContaining([...ghosts]),
      );
      expect(await judge.status()).toEqual([]);
      judge.close();
    });

    test('killed with SIGKILL it drops its connections, and started again it has no channels', async () => {
      const judge = await connectJudge(pbx.ami);
      await judge.originate('Local/answer@default', { Application: 'Echo' });
      await pbx.kill9();
      await judge.closed;
      await expect(connectJudge(pbx.ami)).rejects.toThrow('ECONNREFUSED');
      await pbx.start();
      const again = await connectJudge(pbx.ami);
      expect(await again.coreShowChannels()).toEqual([]);
      again.close();
    });
  });
}

/** Takes the list again and again until the promise settles. */
async function listsUntil<T>(end: Promise<unknown>, list: () => Promise<T>): Promise<readonly T[]> {
  const lists: T[] = [];
  const ended = end.then(
    () => true,
    () => true,
  );
  do lists.push(await list());
  while (!(await Promise.race([ended, delay(100, false)])));
  return lists;
}

function tlsBanner(pbx: Pbx): Promise<string> {
  return new Promise((resolve, reject) => {
    const { host, port, ca } = pbx.amiTls;
    const socket = connect({ host, port, ca });
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}
