import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { administer } from '@rollcall/access';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { type AmiClient, type Block, type Connected, missingPerl, NODE_CLIENTS, PERL_CLIENTS } from './ami-clients.ts';
import { eventsOf } from './ami-events.ts';
import { listDifferences, quietLists } from './ami-side-by-side.ts';
import { connectJudge, type Headers, type Judge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import { beginEchoCalls, beginLongCalls } from './long-calls.ts';
import type { AmiAccess, AsteriskVersion, Pbx } from './pbx.ts';

const withoutPerl = missingPerl();
if (withoutPerl) console.warn(`SKIPPED: ${withoutPerl}`);
const clients: readonly AmiClient[] = [...NODE_CLIENTS, ...(withoutPerl ? [] : PERL_CLIENTS)];

const versions: readonly AsteriskVersion[] = ['22', '16'];

const ECHO = { Context: 'default', Exten: 'echo', Priority: '1', CallerID: '"Zoë Q" <100>', Account: 'acc' };

const REFUSED: Headers[] = [
  { Action: 'Nope' },
  { Action: '' },
  { Action: 'Status', Channel: 'not-there' },
  { Action: 'Command' },
  { Action: 'Command', Command: 'core show nothing' },
  { Action: 'Command', Command: 'core show channel' },
  { Action: 'Command', Command: 'core show channel not-there' },
  { Action: 'Command', Command: 'core show uptime foo' },
  { Action: 'Command', Command: 'core show "channel" "not there"' },
  { Action: 'Command', Command: 'core show channels; core show version' },
  { Action: 'Events' },
  { Action: 'Events', EventMask: 'foo' },
  { Action: 'Events', EventMask: '2147483648' },
  { Action: 'Filter' },
  { Action: 'Filter', Operation: 'Add', Filter: '[' },
  { Action: 'Challenge', AuthType: 'foo' },
  { Action: 'Login' },
];

const isOver = (events: readonly Block[]): boolean => {
  const count = (name: string): number => events.filter(({ event }) => event === name).length;
  return count('Newchannel') > 0 && count('Newchannel') === count('Hangup');
};

/** The list as a client has it, without what the clock moves. */
const list = ({ listed }: Connected): Block[] =>
  listed
    .map(({ actionid, duration, ...item }) => item)
    .sort((a, b) => ((a.uniqueid ?? '') < (b.uniqueid ?? '') ? -1 : 1));

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
      // Only now: whoever waits for a PBX to be live is not logged in.
      await administer(data, systemWorld).addUser({ name: user, role: 'read', pbxs: [name], amiSecret: secret });
      face = { ...pbx.ami, port: Number(/AMI +127\.0\.0\.1:(\d+)/.exec(running.printed())?.[1]) };
      await waitFor('the user to be known', () =>
        connectJudge({ ...face, secret: 'wrong' }).then(
          (one) => {
            one.close();
            return false;
          },
          () => true,
        ),
      );
    });
    afterAll(async () => {
      await running?.kill9();
      judge?.close();
      await pbx?.stop();
      rmSync(data, { recursive: true, force: true });
    });

    test('five clients, unchanged, log in, list, follow and log off as at Asterisk itself', async () => {
      await beginEchoCalls(judge, ECHO);
      const ours = await connectJudge(face);
      await waitFor('the same list', async () => (await ours.coreShowChannels()).length === 4);
      const pairs = await Promise.all(
        clients.map(async (client) => ({
          client: client.name,
          theirs: await client.connect(pbx.ami),
          ours: await client.connect(face),
        })),
      );
      await callAndHangUp();
      for (const { client, theirs, ours } of pairs) {
        await Promise.all([theirs, ours].map((seen) => waitFor(`${client} to see the end`, () => isOver(seen.events))));
        await Promise.all([theirs.logOff(), ours.logOff()]);
        expect.soft({ client, listed: list(ours) }).toEqual({ client, listed: list(theirs) });
        expect.soft({ client, events: eventsOf(ours.events) }).toEqual({ client, events: eventsOf(theirs.events) });
      }
      await judge.hangup('/^Local/');
      ours.close();
    });

    test('a wrong secret, an unknown action and a write are refused in the same words', async () => {
      for (const access of [pbx.ami, face]) {
        await expect(connectJudge({ ...access, secret: 'wrong' })).rejects.toThrow('Authentication failed');
      }
      const ours = await connectJudge(face);
      const refused = async (one: Judge, headers: Headers) => {
        const { ActionID, ...answer } = (await one.action(headers)).response;
        return answer;
      };
      for (const headers of REFUSED) expect.soft(await refused(ours, headers)).toEqual(await refused(judge, headers));
      expect(await refused(ours, { Action: 'Hangup', Channel: 'x' })).toEqual({
        Response: 'Error',
        Message: 'Permission denied',
      });
      ours.close();
    });

    /** A call with a bridge, a variable, and an end. */
    const callAndHangUp = async (): Promise<void> => {
      await judge.originate('Local/local@default/n', ECHO);
      await waitFor('a bridge', async () => (await judge.status()).filter(({ BridgeID }) => BridgeID).length === 2);
      const [bridged] = (await judge.status()).filter(({ BridgeID }) => BridgeID);
      await judge.setvar(bridged?.Channel ?? '', 'SIDE', 'a "b" \\ ö');
      await judge.hangup('/^Local.(local|moh)/');
    };

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
