import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall } from '../support/rollcall-process.ts';
import { listDifferences, quietLists } from './ami-side-by-side.ts';
import { connectJudge, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import { beginLongCalls } from './long-calls.ts';
import type { AmiAccess, AsteriskVersion, Pbx } from './pbx.ts';

const versions: readonly AsteriskVersion[] = ['22', '16'];

for (const version of versions) {
  const asterisk = await findAsterisk(version);
  if (!asterisk.found) {
    console.warn(`SKIPPED: ${asterisk.reason}`);
    test.skip(`Asterisk ${version}: ${asterisk.reason}`, () => undefined);
    continue;
  }

  describe(`the AMI face beside a real Asterisk ${version}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'rollcall-ami-'));
    const name = `ami-${version}`;
    let pbx: Pbx;
    let judge: Judge;
    let running: RollcallProcess;
    let face: AmiAccess;

    beforeAll(async () => {
      pbx = await asterisk.start(name);
      judge = await connectJudge(pbx.ami);
      const { user, secret, host, port } = pbx.ami;
      running = await startRollcall({
        data,
        pbxs: { [name]: `ami://${user}:${secret}@${host}:${port}` },
        args: ['--ami', '127.0.0.1:0', '--variable', 'SIDE', '--reconcile-every', '2s'],
      });
      await running.until(name, 'live');
      face = { ...pbx.ami, port: Number(/AMI +127\.0\.0\.1:(\d+)/.exec(running.printed())?.[1]) };
    });
    afterAll(async () => {
      await running?.kill9();
      judge?.close();
      await pbx?.stop();
      rmSync(data, { recursive: true, force: true });
    });

    test('lists every channel as Asterisk does, header by header and field by field', async () => {
      await beginLongCalls(pbx, judge);
      const ours = await connectJudge(face);
      const lists = await quietLists(judge, ours, 30);
      console.log(`Asterisk ${version}: ${lists.theirs.status.size} channels`);
      expect(listDifferences(lists.theirs, lists.ours)).toEqual([]);
      ours.close();
    });
  });
}
