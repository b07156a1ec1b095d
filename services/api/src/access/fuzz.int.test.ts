import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { position } from '@rollcall/channel';
import { systemWorld } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { Follow } from '../hub.ts';
import { createMetrics, listMetrics } from '../metrics/index.ts';
import { createJobs, operation } from '../operations.ts';
import { crookedRequests } from '../testing/crooked-requests.ts';
import { seeded } from '../testing/seeded.ts';
import { cacheOf, channelOf, heldAt, pbxNamed, SINCE, serve } from '../testing/served.ts';
import { basic, PASSWORD, someUsers } from '../testing/users.ts';
import { DEFAULT_LIMITS } from './limits.ts';

/** ROLLCALL_FUZZ=1000000 is the long run. */
const INPUTS = Number(process.env.ROLLCALL_FUZZ ?? 10_000);
const SEED = Number(process.env.ROLLCALL_FUZZ_SEED ?? 5);
/** Requests written to one connection in one go, at most: what stands behind one that cannot be read is not looked at. */
const IN_ONE_GO = 3;
const AT_ONCE = 200;
const OPERATOR_TOKEN = '0123456789abcdef'.repeat(4);
/** What waits for the rest of a body, or follows, is ended by the server so soon. */
const TIMEOUTS = { headers: 300, request: 300, idle: 1_000, keepAlive: 300, look: 50 };
/** Bytes of heap between the first thousands of requests and the last one: less than a leak of 30 bytes for each of a million. */
const MAY_GROW = 24 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
const heapUsed = (): number => {
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
};
const openSockets = (): number => process.getActiveResourcesInfo().filter((one) => one === 'TCPSocketWrap').length;

/** Nothing happens, for as long as anybody listens. */
const quiet: Follow = async function* (_from, signal) {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
};

async function* nothing(): AsyncGenerator<[]> {}

/** As `rollcall start` serves it, with everything that can be set. */
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
  const metrics = createMetrics();
  const { clock, scheduler } = systemWorld;
  listMetrics(metrics, { cache, clock, staleAfter: 900_000 });
  const logged: string[] = [];
  const log = (line: object): void => void logged.push(JSON.stringify(line));
  const api = await serve({
    ...{ cache, metrics, scheduler, follow: quiet, timeouts: TIMEOUTS, limits: DEFAULT_LIMITS },
    access: users.access,
    logger: { debug: log, info: log, warn: log, isLevelEnabled: () => true },
    hosts: new Map([['pbx-a.example', 'pbx-a']]),
    corsOrigins: ['https://panel.example'],
    trustProxy: ['192.0.2.1'],
    operating: { token: OPERATOR_TOKEN, jobs, log: 'log' },
    log: { head: async () => position(7), compactedTo: async () => position(0), readStream: nothing },
    at: async (moment) => {
      if (!/^\d{1,15}$|^-10m$/.test(moment))
        throw new RollcallError('AT_UNCLEAR', 'That is no moment.', 'Give another.');
      return { cache, now: SINCE };
    },
  });
  return { users, jobs, api, metrics, logged };
};

/** Writes it, says that nothing follows or breaks the connection off, and collects what is answered. */
const exchange = (port: number, text: string, from: string, breakOff: boolean): Promise<string> =>
  new Promise((resolve) => {
    let answer = '';
    const socket = createConnection({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
      // What has no end is left once it has begun.
      if (/text\/event-stream|101 Switching/.test(chunk)) setImmediate(() => socket.destroy());
    });
    socket.on('error', () => {}).on('end', () => socket.destroy());
    socket.on('close', () => resolve(answer));
    if (breakOff) socket.write(text, 'latin1', () => socket.resetAndDestroy());
    else socket.end(text, 'latin1');
  });

type Found = { why: string; text: string; answer: string };

/** Of what nobody must see, whoever asks. */
const INSIDE = /node:internal|\.ts:\d+:\d+|scrypt|"sha256"|0123456789abcdef/;
/** ARI's word for a function that it does not know is a 500, as in Asterisk. */
const ASTERISKS_OWN = 'Unable to read provided function';

const answersIn = (text: string): { status: string; body: string }[] =>
  text.split(/(?=HTTP\/1\.1 \d{3} )/).flatMap((answer) => {
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
    return status === undefined ? [] : [{ status, body: answer.slice(answer.indexOf('\r\n\r\n') + 4) }];
  });

test.each([
  { who: 'others than operators', wanted: INPUTS * 0.8 },
  { who: 'an operator', wanted: INPUTS * 0.2 },
])(
  '$wanted crooked requests of $who: nothing breaks, nothing is left, nobody is told what is not his',
  {
    timeout: 0,
  },
  async ({ who, wanted }) => {
    const sockets = openSockets();
    const { users, jobs, api, metrics, logged } = await world();
    const random = seeded(SEED);
    const crooked = crookedRequests(random);
    const bearer = ({ token }: { token: string }) => `Authorization: Bearer ${token}`;
    const { reader, bound, lesser, operator } = users.tokens;
    const mayOperate = who === 'an operator';
    const logins = mayOperate
      ? [bearer(operator), bearer({ token: OPERATOR_TOKEN }), `Authorization: ${basic('operator', PASSWORD)}`]
      : [
          ...[undefined, bearer({ token: 'f'.repeat(64) }), bearer({ token: `rc_${'f'.repeat(64)}` })],
          ...[bearer(bound), bearer(reader), bearer(lesser), `Authorization: ${basic('reader', PASSWORD)}`],
          ...[`Authorization: ${basic('bound', PASSWORD)}`, `Authorization: ${basic('reader', 'ffff-is-wrong')}`],
        ];
    const wrongLogins = new Set(logins.filter((_, index) => index < 3 || index === 8));
    const secrets = [PASSWORD, OPERATOR_TOKEN, ...[reader, bound, lesser, operator].map(({ token }) => token)];
    const statuses = new Map<string, number>();
    const distinct = new Set<string>();
    const wrong: Found[] = [];
    const warm = Math.min(wanted / 2, 20_000);
    let heapWarm = 0;
    let sent = 0;

    const session = async (): Promise<void> => {
      const login = logins[Math.floor(random() * logins.length)];
      const texts = Array.from({ length: 1 + Math.floor(random() * IN_ONE_GO) }, () => crooked(login));
      sent += texts.length;
      if (process.env.ROLLCALL_FUZZ) {
        for (const text of texts) distinct.add(createHash('md5').update(text, 'latin1').digest('latin1').slice(0, 8));
      }
      const text = texts.join('');
      // As from many addresses, so that one who guesses is not all that there is, and from one that has guessed too often.
      const from =
        random() < 0.1 ? '127.0.0.1' : `127.0.${Math.floor(random() * 250)}.${1 + Math.floor(random() * 250)}`;
      const answer = await exchange(api.port, text, from, random() < 0.03);
      const find = (why: string): void => void wrong.push({ why, text, answer });
      const isKnown = mayOperate || !wrongLogins.has(login);
      for (const { status, body } of answersIn(answer)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (Number(status) >= 500 && status !== '503' && !body.includes(ASTERISKS_OWN)) find(`a ${status}`);
        const isOpen = /^(\{"status":"(ok|ready)"\})?$/.test(body);
        if (!isKnown && /^[123]/.test(status) && status !== '100' && !isOpen) find('a list is shown without a login');
      }
      if (INSIDE.test(answer)) find('the inside is shown');
      if (!isKnown && /alice|carol|5550199|hidden-pbx"[,:}]/.test(answer)) find('a list is shown without a login');
      const isBound = login !== undefined && (login === logins[3] || login === logins[7]);
      if (!mayOperate && isBound && /carol|5550199|pbx="hidden-pbx"/.test(answer)) find('another PBX is shown');
      for (const line of logged.splice(0)) {
        if (secrets.some((secret) => line.includes(secret))) find(`a secret is logged: ${line}`);
      }
      if (heapWarm === 0 && sent >= warm) heapWarm = heapUsed();
    };

    const worker = async (): Promise<void> => {
      while (sent < wanted && wrong.length === 0) await session();
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const seconds = (performance.now() - began) / 1_000;
    expect(wrong.slice(0, 1)).toEqual([]);
    if (!mayOperate) expect(jobs.all()).toEqual([]);
    expect(await api.ask('/healthz')).toMatchObject({ status: 200 });
    // It was not all refused at the door, and every route was reached.
    const expected = mayOperate
      ? ['101', '200', '400', '404']
      : ['101', '200', '400', '401', '403', '404', '405', '429'];
    for (const status of expected) expect(statuses.get(status) ?? 0, status).toBeGreaterThan(3);
    const asked = await metrics.text();
    const routes = [...new Set(api.routes.map(({ url }) => url))].filter((url) => !/\*|\/$/.test(url));
    expect(routes.filter((url) => !asked.includes(`route="${url}"`))).toEqual([]);

    const open = (): Promise<number> =>
      new Promise((resolve) => api.server.server.getConnections((_, count) => resolve(count)));
    // The connection of fetch above is the one that may stay for a moment.
    await vi.waitFor(async () => expect(await open()).toBeLessThanOrEqual(1), { timeout: 20_000 });
    const different = distinct.size;
    distinct.clear();
    const heapAfter = heapUsed();
    if (process.env.ROLLCALL_FUZZ) {
      const figures = { who, sent, different, seconds, heapWarm, heapAfter, rss: process.memoryUsage().rss };
      process.stdout.write(`${JSON.stringify({ ...figures, statuses: Object.fromEntries([...statuses].sort()) })}\n`);
    }
    expect(heapAfter - heapWarm).toBeLessThan(MAY_GROW);
    await api.close();
    await jobs.close();
    users.remove();
    await vi.waitFor(() => expect(openSockets()).toBeLessThanOrEqual(sockets), { timeout: 20_000 });
  },
);
