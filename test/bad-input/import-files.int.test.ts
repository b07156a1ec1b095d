import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AMI_BANNER, newchannel } from '../support/ami-feed.ts';
import { rollcall } from '../support/rollcall-process.ts';
import { newDir, removeDirs } from './as-user.ts';

afterEach(removeDirs);

const files = (): Record<'feed' | 'none' | 'dir' | 'text' | 'data', string> => {
  const dir = newDir();
  const feed = join(dir, 'feed');
  const text = join(dir, 'text');
  writeFileSync(feed, Buffer.concat([AMI_BANNER, newchannel({ id: '1.1' })]));
  writeFileSync(text, 'nothing of the kind\n');
  return { feed, none: join(dir, 'none'), dir, text, data: join(dir, 'data') };
};

const wrong: [string, (f: ReturnType<typeof files>) => string[], RegExp][] = [
  ['a feed that is not there', ({ none }) => ['--ami', none], /^USAGE: .*none cannot be read: there is no such file\./],
  ['a feed that is a directory', ({ dir }) => ['--ari', dir], /^USAGE: .* cannot be read: it is a directory\./],
  [
    'chunks that are not there',
    ({ feed, none }) => ['--ami', feed, '--chunks', none],
    /^USAGE: .*none cannot be read:/,
  ],
  [
    'chunks that are a directory',
    ({ feed, dir }) => ['--ami', feed, '--chunks', dir],
    /^USAGE: .* it is a directory\./,
  ],
  ['no feed', () => [], /^USAGE: one of --ami FILE and --ari FILE is needed\./],
  ['two feeds', ({ feed }) => ['--ami', feed, '--ari', feed], /^USAGE: one of --ami FILE and --ari FILE is needed\./],
  ['a wrong PBX name', ({ feed }) => ['--ami', feed, '--pbx', 'a/b'], /^USAGE: --pbx a\/b is no PBX name: /],
];

test.each(wrong)('%s is refused in one line, before anything is made', async (_, args, line) => {
  const some = files();
  const { code, out, err } = await rollcall('import', '--pbx', 'pbx', '--data', some.data, ...args(some));
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(line);
  expect(err.split('\n')).toHaveLength(2);
  expect(existsSync(some.data)).toBe(false);
});

test('chunks that are of something else are refused by file and line', async () => {
  const { feed, text, data } = files();
  const { code, err } = await rollcall('import', '--pbx', 'pbx', '--data', data, '--ami', feed, '--chunks', text);
  expect(code).toBe(2);
  expect(err).toMatch(/^RECORDING_CHUNKS: .*text line 1: not JSON\. .*\n$/);
  expect((await rollcall('verify', '--data', data)).code).toBe(0);
});
