import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { patience } from './client.ts';
import { findKafka } from './lab.ts';

const found = await findKafka('4');
if (!found.found) console.warn(`SKIPPED: ${found.reason}`);

test.skipIf(!found.found)(
  'a Kafka ends with the process that started it, even by SIGKILL, and leaves nothing',
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'rollcall-lab-'));
    const script = [
      `import { startKafka } from ${JSON.stringify(import.meta.resolve('./lab.ts'))};`,
      `const kafka = await startKafka({ version: '4' });`,
      `await kafka.brokers[0].pause();`,
      `process.stdout.write('started');`,
      `process.kill(process.pid, 'SIGKILL');`,
    ].join('\n');
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[said]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')]);
    expect(String(said)).toBe('started');
    await vi.waitFor(async () => expect(await readdir(home)).toEqual([]), patience);
    await vi.waitFor(async () => expect(await commandLines()).not.toContain(home), patience);
    await rmdir(home);
  },
);

/** Of every process on this machine. */
async function commandLines(): Promise<string> {
  return (await promisify(execFile)('ps', ['-eo', 'args'], { maxBuffer: 2 ** 26 })).stdout;
}
