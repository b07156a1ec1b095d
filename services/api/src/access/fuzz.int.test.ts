import { createConnection } from 'node:net';
import { systemWorld } from '@rollcall/clock';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createJobs, operation } from '../operations.ts';
import { crookedRequests, seeded } from '../testing/crooked-requests.ts';
import { cacheOf, channelOf, heldAt, pbxNamed, serve } from '../testing/served.ts';
import { someUsers } from '../testing/users.ts';

/** ROLLCALL_FUZZ=1000000 is the long run. */
const INPUTS = Number(process.env.ROLLCALL_FUZZ ?? 10_000);
const SEED = Number(process.env.ROLLCALL_FUZZ_SEED ?? 5);
/** Requests written to one connection in one go. */
const IN_ONE_GO = 3;
const AT_ONCE = 200;
const OPERATOR_TOKEN = '0123456789abcdef'.repeat(4);
/** What waits for the rest of a body, or follows, is ended by the server so soon. */
const TIMEOUTS = { headers: 300, request: 300, idle: 1_000, keepAlive: 300, look: 50 };

const world = async () => {
  const users = await someUsers();
  const jobs = createJobs({
    operations: [operation({ name: 'verify', body: z.strictObject({}), changes: true, run: async () => 'done' })],
    world: systemWorld,
  });
  const cache = cacheOf(
    [pbxNamed('pbx-a'), pbxNamed('hidden-pbx')],
    [
      channelOf('pbx-a', '1.1', { name: 'PJSIP/alice-1' }),
      channelOf('hidden-pbx', '1.2', { name: 'PJSIP/carol-1', callerNumber: '5550199' }),
    ],
    [heldAt('hidden-pbx', '1.2')],
  );
  const api = await serve({
    cache,
    access: users.access,
    timeouts: TIMEOUTS,
    operating: { token: OPERATOR_TOKEN, jobs, log: 'log' },
    at: async (moment) => ({ cache, now: Number(moment) || 0 }),
  });
  return { users, jobs, api };
};

/** Writes it, says that nothing follows, and collects what is answered. */
const exchange = (port: number, text: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', () => {}).on('end', () => socket.destroy());
    socket.on('close', () => resolve(answer));
    socket.end(text, 'latin1');
  });

test(`${INPUTS} crooked requests: nothing breaks, nobody is told what is not his, nothing begins`, {
  timeout: 0,
}, async () => {
  const { users, jobs, api } = await world();
  const random = seeded(SEED);
  const crooked = crookedRequests(random);
  const { tokens } = users;
  const logins = [
    undefined,
    `Authorization: Bearer ${'f'.repeat(64)}`,
    `Authorization: Bearer ${tokens.bound.token}`,
    `Authorization: Bearer ${tokens.reader.token}`,
    `Authorization: Bearer ${tokens.lesser.token}`,
  ];
  const statuses = new Map<string, number>();
  const wrong: { why: string; text: string; answer: string }[] = [];
  let sent = 0;

  const session = async (): Promise<void> => {
    const login = logins[Math.floor(random() * logins.length)];
    const text = Array.from({ length: IN_ONE_GO }, () => crooked(login)).join('');
    sent += IN_ONE_GO;
    const answer = await exchange(api.port, text);
    for (const [, status = ''] of answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === '500' || status === '502') wrong.push({ why: `a ${status}`, text, answer });
    }
    const sees = (what: RegExp, why: string): void => {
      if (what.test(answer)) wrong.push({ why, text, answer });
    };
    sees(/node:internal|\.ts:\d+:\d+|scrypt|"sha256"|0123456789abcdef/, 'the inside is shown');
    const right = login !== undefined && !login.includes('ffff');
    if (!right) sees(/alice|carol|5550199|"pbxs":\[\{/, 'a list is shown without a login');
    if (login?.includes(tokens.bound.token)) sees(/carol|5550199/, 'another PBX is shown');
  };

  const worker = async (): Promise<void> => {
    while (sent < INPUTS && wrong.length === 0) await session();
  };
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (process.env.ROLLCALL_FUZZ) {
    const seconds = (performance.now() - began) / 1_000;
    const grown = (process.memoryUsage().heapUsed - before) / 1e6;
    process.stdout.write(
      `${JSON.stringify({ sent, seconds, heapGrownMB: grown, rssMB: process.memoryUsage().rss / 1e6, statuses: [...statuses].sort() })}\n`,
    );
  }
  expect(wrong.slice(0, 1)).toEqual([]);
  expect(jobs.all()).toEqual([]);
  expect(await api.ask('/healthz')).toMatchObject({ status: 200 });
  // It was not all refused at the door.
  for (const status of ['200', '400', '401', '403', '404', '405']) expect(statuses.get(status) ?? 0).toBeGreaterThan(5);
  await api.close();
  await jobs.close();
  users.remove();
});
