import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { START } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { openEmbeddedLog } from '@rollcall/event-log';
import { afterEach, expect, test } from 'vitest';
import { BIN, type RollcallProcess, rollcall, startRollcall, waitFor } from '../support/rollcall-process.ts';
import { newDir, removeDirs, verifyAsUser } from './as-user.ts';

let running: RollcallProcess | undefined;
afterEach(async () => {
  await running?.kill9();
  running = undefined;
  removeDirs();
});

const startDemo = async (data: string): Promise<RollcallProcess> => {
  const demo = await startRollcall({ data, pbxs: {} });
  await waitFor('calls', async () => (await demo.list()).channels.length > 10);
  return demo;
};

/** Type of the log's last event. */
const lastEvent = async (data: string): Promise<string | undefined> => {
  const log = openEmbeddedLog({ dir: data, world: systemWorld, mode: 'read' });
  let last: string | undefined;
  for await (const batch of log.readAll(START)) last = batch.at(-1)?.type;
  await log.close();
  return last;
};

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what was heard is written, the PBX is said to be gone, exit 0',
  async (signal) => {
    const data = newDir();
    running = await startDemo(data);
    expect(await running.stop(signal)).toBe(0);
    expect(running.printed()).toContain(`${signal}: stopping`);
    expect(await lastEvent(data)).toBe('PbxDisconnected');
    const { code, out } = await rollcall('verify', '--data', data);
    expect(code).toBe(0);
    expect(out).toMatch(/^image: .* 0 differences$/m);
  },
);

test.each([
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const)('%s and at once %s: at worst as after a crash', async (first, second) => {
  const data = newDir();
  running = await startDemo(data);
  expect([0, null]).toContain(await running.stop(first, second));
  expect(await verifyAsUser(data)).toBe(0);
  running = await startDemo(data);
  expect(await running.stop()).toBe(0);
  expect(await verifyAsUser(data)).toBe(0);
});

test.each(['lock', 'events.db', 'events.db-wal'])(
  'SIGTERM while it starts, as soon as there is %s: the next start does not mind',
  async (file) => {
    const data = newDir();
    const child = spawn(process.execPath, [BIN, 'start', '--http', 'off', '--data', data], { stdio: 'ignore' });
    await waitFor(file, () => existsSync(join(data, file)) || child.exitCode !== null);
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect([0, null]).toContain(child.exitCode);
    running = await startDemo(data);
    expect(await running.stop()).toBe(0);
    expect(await verifyAsUser(data)).toBe(0);
  },
);
