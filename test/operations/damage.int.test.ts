import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NewEvent, pbxStream, revision, SCHEMA_VERSION } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Running } from '../../services/cli/src/running.ts';
import { runCommand } from '../../services/cli/src/testing/run-command.ts';
import { openDataDir } from '../../services/projector/src/data-dir.ts';
import { waitFor } from '../support/rollcall-process.ts';
import { inPipe, logWith, newDir, removeDirs } from './as-operator.ts';
import { DAMAGES } from './damages.ts';
import { startHere } from './in-process.ts';

let whole: string;
let data: string;
let running: Running | undefined;
beforeAll(async () => {
  whole = await logWith(600);
  // What a Rollcall that ended well leaves: an image too.
  const dir = await openDataDir({ data: whole, world: systemWorld, warn: () => {} });
  await dir.close();
});
afterAll(removeDirs);
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const start = async (): Promise<Running> => {
  data = newDir();
  for (const file of ['events.db', 'channels.image']) copyFileSync(join(whole, file), join(data, file));
  running = await startHere(data);
  return running;
};

const run = (...args: string[]) => runCommand(args, { data });

/** What happens next is in the list, and the list is right. */
const goesOn = async ({ dir: { log, cache } }: Running): Promise<void> => {
  const event: NewEvent = {
    ...{ type: 'PbxConnected', data: { source: 'ami' }, id: crypto.randomUUID(), time: 1_760_000_000_001 },
    ...{ pbx: 'pbx-a', boot: 3, source: 'ami', schema: SCHEMA_VERSION },
  };
  const { position } = await log.append(pbxStream('pbx-a'), revision(2), [event]);
  await waitFor('the list to follow', () => cache.checkpoint === position);
  expect(cache.pbx('pbx-a')?.connected).toBe(true);
  expect(await run('verify')).toMatchObject({ exitCode: 0, error: undefined });
};

test('without damage nothing is found, nothing repaired', async () => {
  await start();
  const verified = await run('verify');
  expect(verified).toMatchObject({ exitCode: 0, err: '', error: undefined });
  expect(verified.out).toMatch(
    /^image: \d+ channels at position 606, 0 differences\nlist: (\d+) .* 0 differences\nopen streams: \1 .* 0 differences\nlog: 0 findings\n$/,
  );
  expect((await run('replay')).out).toContain('nothing had to be repaired');
});

describe.each(['fast', 'full'])('found by verify, and repaired by a %s replay, from which the list goes on:', (how) => {
  test.each(Object.entries(DAMAGES))('%s', async (name, damage) => {
    const rollcall = await start();
    const { log, cache } = rollcall.dir;
    await damage(cache, { data, log: log.id });

    const found = await run('verify');
    expect(found).toMatchObject({ exitCode: 1, error: undefined });
    const what = name.includes('image')
      ? found.out.split('\nlist:')[0] + found.err
      : found.out.split('\nopen streams:')[0];
    expect(what).toMatch(/^ {2}\S.* (missing|extra|differs \S.*)$|^IMAGE_REFUSED: /m);

    const replayed = await run('replay', ...(how === 'full' ? ['--full'] : []));
    expect(replayed).toMatchObject({ exitCode: undefined, error: undefined, err: '' });
    if (!name.includes('image')) expect(replayed.out).toMatch(/^Repaired: [1-9]\d*\n {2}\S/m);

    expect(await run('verify')).toMatchObject({ exitCode: 0, err: '', error: undefined });
    await goesOn(rollcall);
  });
});

describe('as its operator sees it', () => {
  test('each difference by channel and field, in a process of its own, in words and as JSON', async () => {
    const { cache } = (await start()).dir;
    const [[one, channel] = ['', undefined], [other] = ['']] = cache.entries();
    if (!channel) throw new Error('no channel');
    cache.commit({
      puts: new Map([[one, { ...channel, exten: 'altered', state: 3 }]]),
      removals: [other],
      pbxs: [],
      quarantine: new Map(),
      checkpoint: cache.checkpoint,
    });
    const { code, out, err } = await inPipe(['verify', '--data', data]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^list: \d+ channels at position 606, 3 differences$/m);
    for (const line of [`  ${one} differs state, exten`, `  ${other} missing`, `  ${other} differs (name index)`]) {
      expect(out.split('\n')).toContain(line);
    }
    const json = await inPipe(['verify', '--data', data, '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      equal: false,
      checks: [
        { what: 'image', differences: { count: 0 } },
        {
          what: 'list',
          differences: {
            count: 3,
            shown: expect.arrayContaining([{ stream: one, what: 'differs', fields: ['state', 'exten'] }]),
          },
        },
        { what: 'open streams', differences: { count: 0 } },
      ],
    });
    const replayed = await inPipe(['replay', '--data', data]);
    expect(replayed).toMatchObject({ code: 0, err: '' });
    expect(replayed.out).toContain(`Repaired: 2\n  ${one} differs state, exten\n  ${other} missing\n`);
    expect((await inPipe(['verify', '--data', data])).code).toBe(0);
  });

  test('by url, where that Rollcall looks at itself, which is said', async () => {
    const { dir, url = '' } = await start();
    const at = ['--url', url, '--token-file', join(data, 'operator.token')];
    expect(await run('verify', ...at)).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^image: [\s\S]*list: [\s\S]*open streams: [\s\S]*log: 0 findings\n$/),
      err: 'Its log is on another machine: that Rollcall looked at itself.\n',
    });
    await DAMAGES['a field is altered']?.(dir.cache, { data, log: dir.log.id });
    const { exitCode, out } = await run('verify', ...at);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^list: .* 1 differences\n {2}channel\/pbx-a\/3\/\S+ differs exten$/m);
    expect((await run('replay', ...at)).out).toContain('Repaired: 1\n');
    expect((await run('verify', ...at)).exitCode).toBe(0);
  });

  test('--at: the list as it was, the fast way beside the fold of everything', async () => {
    const { url = '' } = await start();
    for (const place of [[], ['--url', url, '--token-file', join(data, 'operator.token')]]) {
      expect(await run('verify', '--at', '300', ...place)).toMatchObject({
        exitCode: 0,
        out: expect.stringMatching(/^open streams: \d+ channels at position 300, 0 differences\n$/),
      });
      expect((await run('verify', '--at', '999999', ...place)).error).toMatchObject({ code: 'AT_BEYOND_LOG' });
      expect((await run('verify', '--at', 'soon', ...place)).error).toMatchObject({ code: 'AT_UNCLEAR' });
    }
  });
});
