import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WRITE_ONLY } from '../../services/api/src/ari/operations.ts';
import { type RollcallProcess, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { authorization, differences, type Fidelity, type Field, faceOf, quietMoment } from './ari-side-by-side.ts';
import { missing, placesOf, tellStory, typesOf } from './ari-stories.ts';
import { connectJudge, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import { beginEchoCalls, beginLongCalls } from './long-calls.ts';
import type { AsteriskVersion, Pbx } from './pbx.ts';

const versions: readonly AsteriskVersion[] = ['22', '16'];

const ECHO = { Context: 'default', Exten: 'echo', Priority: '1' };

const byAri: Record<Field, Fidelity> = {
  id: 'same',
  name: 'same',
  state: 'same',
  protocol_id: 'same',
  'caller.name': 'same',
  'caller.number': 'same',
  'connected.name': 'same',
  'connected.number': 'same',
  accountcode: 'same',
  'dialplan.context': 'same',
  'dialplan.exten': 'same',
  'dialplan.priority': 'same',
  'dialplan.app_name': 'same',
  'dialplan.app_data': 'same',
  creationtime: 'same',
  language: 'same',
  caller_rdnis: 'same',
  channelvars: 'same',
  tenantid: 'same',
};
/** AMI tells no creation: the time of Newchannel stands for it, until a masquerade gives the channel another one's. */
const aboutThen: Fidelity = (theirs, ours) => Math.abs(time(theirs) - time(ours)) < 1_000;
const time = (printed: unknown): number => Date.parse(String(printed).replace('+0000', 'Z'));
/** Only what was set is told; Asterisk lists the names of the others too. */
const thoseSet: Fidelity = (theirs, ours) => JSON.stringify(theirs) === JSON.stringify(ours ?? { SIDE: '' });
/** 16 goes on listing what a channel's variables were when it last said something. */
const thoseSetBy16: Fidelity = (theirs, ours) =>
  thoseSet(theirs, ours) || JSON.stringify(theirs) === JSON.stringify({ SIDE: '' });

const byAmi = {
  ...byAri,
  protocol_id: 'impossible',
  caller_rdnis: 'impossible',
  creationtime: aboutThen,
  channelvars: thoseSet,
} as const;
const in16 = { channelvars: thoseSetBy16 };

for (const version of versions) {
  const asterisk = await findAsterisk(version);
  if (!asterisk.found) {
    console.warn(`SKIPPED: ${asterisk.reason}`);
    test.skip(`Asterisk ${version}: ${asterisk.reason}`, () => undefined);
    continue;
  }

  describe(`the ARI face beside a real Asterisk ${version}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'rollcall-ari-'));
    let pbx: Pbx;
    let judge: Judge;
    let running: RollcallProcess;
    beforeAll(async () => {
      pbx = await asterisk.start(`ari-${version}`);
      judge = await connectJudge(pbx.ami);
      const named = { Cat: 'general', Var: 'channelvars', Value: 'SIDE' };
      const change = Object.fromEntries(Object.entries(named).map(([name, value]) => [`${name}-000000`, value]));
      const file = { SrcFilename: 'ari.conf', DstFilename: 'ari.conf', Reload: 'res_ari' };
      const answer = await judge.action({ Action: 'UpdateConfig', ...file, 'Action-000000': 'Append', ...change });
      expect(answer.response).toMatchObject({ Response: 'Success' });
      const { host } = new URL(pbx.ari.url);
      const ami = `ami://${pbx.ami.user}:${pbx.ami.secret}@${pbx.ami.host}:${pbx.ami.port}`;
      const ari = `ari+http://${pbx.ari.user}:${pbx.ari.password}@${host}`;
      const config = join(data, 'rollcall.yaml');
      // ari-client asks for /ari of a host: each PBX has a name of its own.
      const pbxs = { ami: { url: ami, hosts: ['127.0.0.1'] }, ari: { url: ari, hosts: ['localhost'] } };
      writeFileSync(config, JSON.stringify({ pbx: pbxs, variables: ['SIDE'], reconcileEvery: '2s' }));
      running = await startRollcall({ data: join(data, 'data'), pbxs: {}, args: ['--config', config] });
      for (const name of ['ami', 'ari']) await running.until(name, 'live');
    });
    afterAll(async () => {
      await running?.kill9();
      judge?.close();
      await pbx?.stop();
      rmSync(data, { recursive: true, force: true });
    });

    test('ari-client, unchanged, sees the same: the list, one channel, a 404, what happens, and its end', async () => {
      await beginEchoCalls(judge, ECHO);
      const { port } = new URL(running.url);
      const login = { user: 'nobody', password: 'needed' };
      const theirs = tellStory({ ...pbx.ari, url: pbx.ari.url.replace('/ari', '') });
      const ours = {
        ari: tellStory({ ...login, url: `http://localhost:${port}` }),
        ami: tellStory({ ...login, url: `http://127.0.0.1:${port}` }),
      };
      await Promise.all([theirs, ours.ari, ours.ami].map(({ following }) => following));
      await callAndHangUp();
      const asterisk = await theirs.seen;
      expect(asterisk.refusal).toBe('{"message":"Channel not found"}');
      for (const [name, story] of Object.entries(ours)) {
        const seen = await story.seen;
        expect.soft(seen.got).toEqual(seen.listed);
        expect.soft(seen.listed.map(({ id }) => id)).toEqual(asterisk.listed.map(({ id }) => id));
        if (name === 'ari') expect.soft(seen.listed).toEqual(asterisk.listed);
        expect.soft({ refusal: seen.refusal, application: seen.application }).toEqual({
          refusal: asterisk.refusal,
          application: asterisk.application,
        });
        expect.soft(typesOf(seen.events)).toEqual(typesOf(asterisk.events));
        expect.soft(missing(placesOf(asterisk.events), placesOf(seen.events))).toEqual([]);
      }
    });

    test('refuses to read what can only be done, in the same words', async () => {
      const { port } = new URL(running.url);
      const told = async (url: string, headers = {}): Promise<string> => {
        const answer = await fetch(url, { headers });
        return `${answer.status} ${await answer.text()}`;
      };
      const paths = WRITE_ONLY.map((path) => path.replaceAll(/\{\w+\}/g, 'x'));
      const theirs = new Map<string, string>();
      for (const path of [...paths, '/%63hannels/x', '/channels/x/nonsense']) {
        theirs.set(path, await told(`${pbx.ari.url}${path}`, { authorization: authorization(pbx.ari) }));
      }
      // What came after 16 is not there; ours is of 22.
      const expected = [...theirs].filter(([, answer]) => version === '22' || !answer.includes('Resource not found'));
      expect(expected.length).toBeGreaterThan(20);
      for (const [path, answer] of expected) {
        expect.soft(`${path} ${await told(`http://127.0.0.1:${port}/ari${path}`)}`).toBe(`${path} ${answer}`);
      }
    });

    /** A call with a bridge, a variable, callers and an end. */
    const callAndHangUp = async (): Promise<void> => {
      await judge.originate('Local/local@default/n', ECHO);
      await waitFor('a bridge', async () => (await judge.status()).filter(({ BridgeID }) => BridgeID).length === 2);
      const [bridged] = (await judge.status()).filter(({ BridgeID }) => BridgeID);
      await judge.setvar(bridged?.Channel ?? '', 'SIDE', 'of the story');
      await judge.hangup('/^Local.(local|moh)/');
    };

    test('is of the version that Asterisk says it is, whatever it is told by', async () => {
      const { port } = new URL(running.url);
      const versionOf = async (url: string, login?: string): Promise<unknown> => {
        const answer = await fetch(
          `${url}/asterisk/info?only=system`,
          login ? { headers: { authorization: login } } : {},
        );
        return ((await answer.json()) as { system: { version: string } }).system.version;
      };
      const asterisk = await versionOf(pbx.ari.url, authorization(pbx.ari));
      expect(asterisk).toMatch(new RegExp(`^${version}\\.`));
      for (const host of ['127.0.0.1', 'localhost'])
        expect(await versionOf(`http://${host}:${port}/ari`)).toBe(asterisk);
    });

    test('gives every channel and bridge as Asterisk does, field by field, told by AMI and by ARI', async () => {
      await beginLongCalls(pbx, judge);
      const faces = { ami: faceOf(running, 'ami'), ari: faceOf(running, 'ari') };
      let wrong: string[] = [];
      // What AMI does not tell is known after the next comparison.
      await waitFor(
        'agreement',
        async () => {
          const { theirs, ours } = await quietMoment(pbx.ari, faces, 30);
          wrong = (
            [
              ['ari', byAri],
              ['ami', byAmi],
            ] as const
          ).flatMap(([name, table]) => {
            const our = ours.get(name);
            const fidelities = { ...table, ...(version === '16' && in16) };
            return our ? differences(theirs, our, fidelities).map((one) => `${name}: ${one}`) : [`${name}: no answer`];
          });
          if (wrong.length === 0)
            console.log(`Asterisk ${version}: ${theirs.channels.size} channels, ${theirs.bridges.size} bridges`);
          return wrong.length === 0;
        },
        15_000,
      ).catch(() => undefined);
      expect(wrong).toEqual([]);
    });
  });
}
