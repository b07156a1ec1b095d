import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/rollcall.js', import.meta.url));
const AS_NODE_20 =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})';

test('a Node that is too old is no answer of verify: it ends with 2, and says which Node is needed', () => {
  const ran = spawnSync(process.execPath, ['--import', AS_NODE_20, BIN, 'verify'], {
    timeout: 15_000,
    encoding: 'utf8',
  });
  expect(ran.stderr).toContain('rollcall needs Node 22.18 or newer, this is 20.20.2.');
  expect(ran.status).toBe(2);
});
