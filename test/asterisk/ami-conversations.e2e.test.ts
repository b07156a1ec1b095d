import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { administer } from '@rollcall/access';
import { systemWorld } from '@rollcall/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { type Conversation, conversations } from './ami-conversations.ts';
import { talk } from './ami-talk.ts';
import { connectJudge } from './judge.ts';
import { findAsterisk } from './lab.ts';
import type { AmiAccess, AsteriskVersion, Pbx } from './pbx.ts';

/** What is answered otherwise than by Asterisk, and why. */
const OTHERWISE: Record<AsteriskVersion, readonly string[]> = {
  '22': [
    // Asterisk ends these messages with a line feed of their own, which a client may take for a line.
    'a map of no channel',
    'a map of a channel that is not there',
  ],
  '16': [
    // Ours is 22's: 16 has no such action, narrower tables, a line more of usage, and takes a filter of nothing.
    'a map of no channel',
    'a map of a channel that is not there',
    'a filter of nothing',
    'a filter that is empty',
    'command "core show channels"',
    'command "core show channels verbose"',
    'command "core show channels junk"',
    'command "core show channels concise more"',
  ],
};

/** As many at once as neither side minds. */
const AT_ONCE = 8;
/** Milliseconds without a word after which an answer is taken for over; what differs then is asked again more patiently. */
const QUIET = [300, 2_000];

/** Without what is never twice the same; with no feed that says how many calls were processed; and what went on between Asterisk and us. */
const comparable = (answered: string): string =>
  answered
    .replace(/^Asterisk Call Manager\/[\d.]+/, 'Asterisk Call Manager/VERSION')
    .replaceAll(/(Challenge|Timestamp|Uptime|LastReload): [\d.]+/g, '$1: N')
    .replaceAll(/Output: \d+ calls? processed\r\n/g, '')
    .replaceAll(/Event: \w+\r\nPrivilege: security,all\r\n(?:.+\r\n)*\r\n/g, '');

for (const version of ['22', '16'] as const) {
  const asterisk = await findAsterisk(version);
  if (!asterisk.found) {
    console.warn(`SKIPPED: ${asterisk.reason}`);
    test.skip(`Asterisk ${version}: ${asterisk.reason}`, () => undefined);
    continue;
  }

  describe(`what a program may send to AMI, beside a real Asterisk ${version}`, () => {
    const data = mkdtempSync(join(tmpdir(), 'rollcall-talk-'));
    const name = `talk-${version}`;
    let pbx: Pbx;
    let running: RollcallProcess;
    let face: AmiAccess;

    beforeAll(async () => {
      pbx = await asterisk.start(name);
      const { user, secret, host, port } = pbx.ami;
      running = await startRollcall({
        data,
        pbxs: { [name]: `ami://${user}:${secret}@${host}:${port}` },
        args: ['--ami', '127.0.0.1:0'],
      });
      await running.until(name, 'live');
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
      await pbx?.stop();
      rmSync(data, { recursive: true, force: true });
    });

    let asked = 0;
    /** What is answered otherwise. Each time from another address: who fails to log in too often is made to wait. */
    const differing = async (all: readonly Conversation[], quiet: number): Promise<Map<Conversation, string[]>> => {
      const found = new Map<Conversation, string[]>();
      const left = [...all];
      const one = async (): Promise<void> => {
        for (let next = left.shift(); next; next = left.shift()) {
          const from = `127.1.${asked >> 7}.${1 + (asked++ % 128)}`;
          const answers = await Promise.all(
            [pbx.ami, face].map(async (to) => comparable(await talk(to, next.steps, { quiet, from }))),
          );
          if (answers[0] !== answers[1]) found.set(next, answers);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      return found;
    };

    test('is answered byte by byte the same, but for what is known', async () => {
      const all = conversations(pbx.ami);
      expect(all.length).toBeGreaterThan(90);
      let found = new Map(all.map((one) => [one, [] as string[]]));
      for (const quiet of QUIET) found = await differing([...found.keys()], quiet);
      const unknown = [...found].filter(([{ name }]) => !OTHERWISE[version].includes(name));
      for (const [{ name }, [theirs, ours]] of unknown) expect.soft(`${name}\n${ours}`).toBe(`${name}\n${theirs}`);
      expect([...found.keys()].map(({ name }) => name).sort()).toEqual([...OTHERWISE[version]].sort());
    });
  });
}
