import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectJudge, type Headers, type Judge } from '../../../test/asterisk/judge.ts';
import { findAsterisk, type Pbx } from '../../../test/asterisk/lab.ts';
import { compare, LISTED_HEADERS, type ListedByAsterisk } from './testing/listed-by-asterisk.ts';

// ROLLCALL_RECORD=1 writes what is compared here into src/fixtures, for the comparison that needs no Asterisk.
const asterisk = process.env.ROLLCALL_TEST_ASTERISK ? { found: false as const } : await findAsterisk('22');

const CONTEXT = 'a-context-with-a-very-long-name-ünïcödé';
const EXTEN = 'extension-with-a-very-löng-näme-0123456789';
const AFTER_APPLICATION = { Application: 'Wait', Data: '50' };

const CALLS: [channel: string, then: Headers][] = [
  ['Local/local@default/n', { Context: 'default', Exten: 'echo', Priority: '1' }],
  ['Local/moh@default/n', { Context: 'default', Exten: 'park', Priority: '1' }],
  ['Local/callring@default/n', AFTER_APPLICATION],
  [
    'Local/echo@default/n',
    { Application: 'Echo', Data: 'data!with!marks and a very long rest of it, üüüüüüüüüüüüüüüüüüüüü' },
  ],
  ['Local/echo@default/n', { Application: 'Echo', Data: `${'x'.repeat(22)}日本語日本語` }],
  ['Local/echo@default/n', { Application: 'Echo', Data: `${'x'.repeat(23)}日本語日本語` }],
  ['Local/echo@default/n', { Application: 'Echo', Data: `${'x'.repeat(24)}🎉🎉` }],
  [
    'Local/echo@default/n',
    { ...AFTER_APPLICATION, CallerID: '"Zoë" <zoë-ünï-0123456789>', Account: 'account-0123456789' },
  ],
  ['Local/moh@default/n', { ...AFTER_APPLICATION, CallerID: '"A" <0123456789abcdéf>', Account: 'accöunt-ööö' }],
  [`Local/qq${'q'.repeat(70)}@default/n`, AFTER_APPLICATION],
  [`Local/${EXTEN}@${CONTEXT}/n`, { Context: CONTEXT, Exten: EXTEN, Priority: '1' }],
];

describe.skipIf(!asterisk.found)('a real Asterisk 22 prints what we print', () => {
  let pbx: Pbx;
  let judge: Judge;
  beforeAll(async () => {
    if (!asterisk.found) return;
    pbx = await asterisk.start('pbx-list');
    judge = await connectJudge(pbx.ami);
    await pbx.cli(`dialplan add extension ${EXTEN},1,Wait,50 into ${CONTEXT}`);
  });
  afterAll(async () => {
    judge?.close();
    await pbx?.stop();
  });

  test('of no channel, of two, and of many of all kinds', async () => {
    const seen: ListedByAsterisk[] = [await listed(0)];
    await judge.originate('Local/echo@default/n', AFTER_APPLICATION);
    seen.push(await listed(2));
    for (const [channel, then] of CALLS) await judge.originate(channel, then);
    seen.push(await listed(24));
    if (process.env.ROLLCALL_RECORD) {
      writeFileSync(new URL('./fixtures/asterisk-22.json.gz', import.meta.url), gzipSync(JSON.stringify(seen)));
    }
    expect(seen.flatMap(compare).filter(({ equal }) => !equal)).toEqual([]);
  });

  /** AMI's list and the four of the command line of one state: AMI's is the same before and after. */
  const listed = async (atLeast: number): Promise<ListedByAsterisk> => {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const before = await items();
      const printed = {
        plain: await pbx.cli('core show channels'),
        verbose: await pbx.cli('core show channels verbose'),
        concise: await pbx.cli('core show channels concise'),
        count: await pbx.cli('core show channels count'),
      };
      const channels = await items();
      if (channels.length >= atLeast && JSON.stringify(before) === JSON.stringify(channels))
        return { channels, printed };
      if (performance.now() > deadline) throw new Error(`no quiet moment with ${atLeast} channels: ${channels.length}`);
      await delay(200);
    }
  };
  const items = async (): Promise<Record<string, string>[]> =>
    (await judge.coreShowChannels()).map((item) =>
      Object.fromEntries(LISTED_HEADERS.map((name) => [name, item[name] ?? ''])),
    );
});
