import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RollcallProcess, startRollcall } from '../../../../test/support/rollcall-process.ts';

/** ROLLCALL_CONNECTIONS=10000 is the long run, which also waits until the server has ended them all. */
const HELD = Number(process.env.ROLLCALL_CONNECTIONS ?? 1_000);
const LIMIT = HELD + 50;
const BEYOND = 200;

let dir: string;
let running: RollcallProcess;
let port: number;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-many-'));
  running = await startRollcall({
    data: join(dir, 'data'),
    pbxs: {},
    args: ['--http-connections', String(LIMIT)],
  });
  port = Number(new URL(running.url).port);
});
afterAll(async () => {
  await running?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Says the half of a request, and waits. */
const hold = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('error', reject).once('connect', () => {
      socket
        .off('error', reject)
        .on('error', () => {})
        .resume();
      socket.write('GET /ari/channels HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
      resolve(socket);
    });
  });

const memoryMB = (): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${running.pid}/status`, 'utf8'))?.[1]) / 1_024;

test(`${HELD} connections that hold on leave room for others; beyond the limit they are ended at once`, {
  timeout: 120_000,
}, async () => {
  const before = memoryMB();
  const held: Socket[] = [];
  while (held.length < HELD)
    held.push(...(await Promise.all(Array.from({ length: Math.min(250, HELD - held.length) }, hold))));
  const began = performance.now();
  const open = () => held.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length;
  const heldAtOnce = open();
  const answer = await fetch(`http://127.0.0.1:${port}/v1/channels`, { headers: { connection: 'close' } });
  expect(answer.status).toBe(200);
  await answer.text();
  const answered = performance.now() - began;
  const during = memoryMB();

  const beyond = await Promise.all(Array.from({ length: BEYOND }, hold));
  await vi.waitFor(
    () => expect(beyond.filter(({ destroyed }) => destroyed).length).toBeGreaterThanOrEqual(BEYOND - 50),
    {
      timeout: 10_000,
    },
  );
  for (const socket of beyond) socket.destroy();

  if (process.env.ROLLCALL_CONNECTIONS) {
    await vi.waitFor(() => expect(open()).toBe(0), { timeout: 60_000 });
    const ended = (performance.now() - began) / 1_000;
    process.stdout.write(
      `${JSON.stringify({ held: heldAtOnce, answeredMs: answered, beforeMB: before, duringMB: during, allEndedAfterS: ended, afterMB: memoryMB() })}\n`,
    );
  }
  for (const socket of held) socket.destroy();
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200), {
    timeout: 10_000,
  });
});
