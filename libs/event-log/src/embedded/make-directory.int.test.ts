import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.ts';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-make-directory-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('what is missing above it is made too, for its own user only; once it is there it is left as it is', () => {
  const below = join(dir, 'a', 'b');
  makeDirectory(below);
  for (const made of [join(dir, 'a'), below]) expect(statSync(made).mode & 0o777).toBe(0o700);
  makeDirectory(below);
});

/** In a process of its own: one that never ends would take the tests with it. */
test.skipIf(!existsSync('/proc/self'))('where the system makes nothing it ends with an error', () => {
  const script = `import { makeDirectory } from ${JSON.stringify(new URL('make-directory.ts', import.meta.url).href)};
    for (const dir of ['/proc/rollcall', '/proc/rollcall/data']) try { makeDirectory(dir) } catch (error) { console.log(error.code) }`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000, encoding: 'utf8' });
  expect(ran.stdout).toBe('ENOENT\nENOENT\n');
});
