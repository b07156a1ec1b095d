import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { type Access, administer, createPasswords, openAccess } from '@rollcall/access';
import { createAmiFace, createApi, type Follow, listen } from '@rollcall/api';
import { systemWorld } from '@rollcall/clock';
import { createMemoryCache } from '@rollcall/state-cache';
import { inDirectory, median, type Result } from './race.ts';

// Whether the time of a refusal tells why it was refused: two kinds of wrong logins, in turns and in an order of chance.

type Kinds = { readonly [kind: string]: (nth: number) => Promise<void> };

const PASSWORD = 'correct horse battery';
const SECRET = 'secret-of-24-characters.';
const WRONG_KEY = createHash('md5').update('wrong').digest('hex');
const CHEAP = { scheme: 'scrypt', cost: 2 ** 14, blockSize: 1, parallelization: 1 } as const;
const { clock, random } = systemWorld;
const quiet: Follow = async function* (_from, signal) {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
};

/** An address of its own for each attempt: whoever fails often is refused at once, and that takes no time for anybody. */
const addressOf = (nth: number): string => `127.${1 + ((nth >> 16) & 63)}.${(nth >> 8) & 255}.${1 + (nth % 253)}`;

let attempts = 0;

/**
 * Mann and Whitney's U as a z-score: beyond 3 either way the two are told apart, where most of the time it lies between -2 and 2.
 * It asks which of two tends to be longer, so a few that were held up by something else change little.
 */
const tellsApart = (one: readonly number[], other: readonly number[]): number => {
  const all = [...one.map((ms) => ({ ms, is: 1 })), ...other.map((ms) => ({ ms, is: 0 }))].sort((a, b) => a.ms - b.ms);
  const ranks = all.reduce((sum, { is }, rank) => sum + is * (rank + 1), 0);
  const [n, m] = [one.length, other.length];
  return (ranks - (n * (n + m + 1)) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
};

const compare = async (name: string, count: number, kinds: Kinds): Promise<Result[]> => {
  const [[first, tryFirst], [second, trySecond]] = Object.entries(kinds) as [
    [string, Kinds[string]],
    [string, Kinds[string]],
  ];
  const times = { first: [] as number[], second: [] as number[] };
  const timed = async (attempt: (nth: number) => Promise<void>, into: number[]): Promise<void> => {
    const began = performance.now();
    await attempt(attempts++);
    into.push((performance.now() - began) * 1_000);
  };
  const warmUp = Math.ceil(count / 10);
  for (let round = 0; round < count + warmUp; round++) {
    if (round === warmUp) times.first.length = times.second.length = 0;
    const turns = [() => timed(tryFirst, times.first), () => timed(trySecond, times.second)];
    for (const turn of random.float() < 0.5 ? turns : turns.reverse()) await turn();
  }
  const rounded = (value: number): number => Number(value.toFixed(2));
  return [
    { name: `${name}: ${first}`, value: rounded(median(times.first)), unit: 'µs' },
    { name: `${name}: ${second}`, value: rounded(median(times.second)), unit: 'µs' },
    { name: `${name}: told apart, ${count} of each`, value: rounded(tellsApart(times.first, times.second)), unit: 'z' },
  ];
};

const refused = async (attempt: Promise<unknown>): Promise<void> => {
  const wasRight = await attempt.then(
    () => true,
    () => false,
  );
  if (wasRight) throw new Error('a wrong login was taken');
};

/** Served as `rollcall start` does, to one client on one connection. */
const overHttp = async (access: Access) => {
  const api = createApi({
    ...{ cache: createMemoryCache(), access, clock, staleAfter: 0, follow: quiet, trustProxy: ['127.0.0.1'] },
    readiness: () => ({ problems: [], pbxs: [], position: 0 }),
    at: async () => ({ cache: createMemoryCache(), now: 0 }),
  });
  const url = await listen(api, { host: '127.0.0.1', port: 0, open: false });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const shown =
    (authorization: (nth: number) => string) =>
    (nth: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: authorization(nth), 'x-forwarded-for': addressOf(nth) };
        request(`${url}/ari/channels`, { agent, headers }, (response) => {
          if (response.statusCode !== 401) reject(new Error(`${response.statusCode} instead of 401`));
          response.resume().on('end', () => resolve());
        })
          .on('error', reject)
          .end();
      });
  return { shown, close: () => api.close() };
};

const basic = (user: string) => (nth: number) =>
  `Basic ${Buffer.from(`${user}:wrong-${String(nth).padStart(9, '0')}`).toString('base64')}`;

/** AMI without the second that a refusal waits for. */
const overAmi = async (access: Access) => {
  const world = { ...systemWorld, scheduler: { ...systemWorld.scheduler, sleep: async () => {} } };
  const face = createAmiFace({ cache: createMemoryCache(), staleAfter: 0, follow: quiet, world, login: access.ami });
  const { port } = await face.listen({ host: '127.0.0.1', port: 0, open: false });
  /** From the last thing that the client says to the refusal. */
  const attempt = (user: string, md5: boolean) => (nth: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: addressOf(nth) }).on('error', reject);
      const wrong = createHash('md5').update(`${nth}`).digest('hex');
      socket.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('Call Manager')) {
          const login = `Action: Login\r\nUsername: ${user}\r\nSecret: ${wrong}\r\n\r\n`;
          socket.write(md5 ? 'Action: Challenge\r\nAuthType: MD5\r\n\r\n' : login);
        } else if (text.includes('Challenge: ')) {
          socket.write(`Action: Login\r\nAuthType: MD5\r\nUsername: ${user}\r\nKey: ${wrong}\r\n\r\n`);
        } else if (!text.includes('Authentication failed')) reject(new Error(text));
      });
      socket.on('close', () => resolve());
    });
  return { attempt, close: () => face.close() };
};

export const benchLoginTiming = (): Promise<Result[]> =>
  inDirectory(async (dir) => {
    const admin = administer(dir, systemWorld, createPasswords(random, CHEAP));
    await admin.addUser({ name: 'known', role: 'read', password: PASSWORD, amiSecret: SECRET });
    await admin.addUser({ name: 'panel', role: 'read' });
    const { token } = admin.addToken('known', {});
    await admin.addUser({ name: 'longest', role: 'read', amiSecret: SECRET.padEnd(256, '.') });
    // Each with one digit that is another: were they looked up in part only, these would be known.
    const near = Array.from({ length: 60 }, (_, digit) => {
      const at = 3 + digit;
      return Buffer.from(`${token.slice(0, at)}${token[at] === '0' ? 1 : 0}${token.slice(at + 1)}`).toString();
    });
    const far = near.map(() => Buffer.from(`rc_${random.secret(32)}`).toString());
    const oneOf = (tokens: readonly string[], nth: number): string => tokens[nth % tokens.length] ?? '';
    const access = openAccess({ dir, clock, random, passwords: createPasswords(random, CHEAP) });
    const http = await overHttp(access);
    const ami = await overAmi(access);
    /** Wrong logins of a user, and of one that there is not. */
    const guesses = (known: string, md5: boolean): Kinds => {
      const guess = (user: string) => (nth: number) =>
        refused(
          access.ami(md5 ? { user, challenge: `${nth}`, key: WRONG_KEY } : { user, secret: `${nth}` }, addressOf(nth)),
        );
      return { 'a user who is not known': guess(`${known.slice(0, -1)}_`), 'a user who is': guess(known) };
    };
    const results = [
      await compare('password by HTTP, cheap scrypt', 600, {
        'a user who is not known': http.shown(basic('knowm')),
        'a user who is': http.shown(basic('known')),
      }),
      await compare('password by HTTP, cheap scrypt', 600, {
        'a user who is not known, again': http.shown(basic('pamel')),
        'a user without a password': http.shown(basic('panel')),
      }),
      await compare('token by HTTP', 3_000, {
        'another altogether': http.shown((nth) => `Bearer ${oneOf(far, nth)}`),
        'one digit is another': http.shown((nth) => `Bearer ${oneOf(near, nth)}`),
      }),
      await compare('AMI secret', 1_500, {
        'a user who is not known': ami.attempt('knowm', false),
        'a user who is': ami.attempt('known', false),
      }),
      await compare('AMI by MD5', 1_500, {
        'a user who is not known': ami.attempt('knowm', true),
        'a user who is': ami.attempt('known', true),
      }),
      await compare('AMI secret of 24 characters, without a network', 30_000, guesses('known', false)),
      await compare('AMI secret of 256 characters, without a network', 30_000, guesses('longest', false)),
      await compare('AMI by MD5, 24 characters, without a network', 30_000, guesses('known', true)),
      await compare('AMI by MD5, 256 characters, without a network', 30_000, guesses('longest', true)),
      await compare('token, without a network', 30_000, {
        'another altogether': (nth) => refused(access.token(oneOf(far, nth), addressOf(nth))),
        'one digit is another': (nth) => refused(access.token(oneOf(near, nth), addressOf(nth))),
      }),
    ];
    await http.close();
    await ami.close();
    const shipped = createPasswords(random);
    await administer(dir, systemWorld, shipped).setPassword('known', PASSWORD);
    const costly = await overHttp(openAccess({ dir, clock, random, passwords: shipped }));
    results.push(
      await compare('password by HTTP, scrypt as it is', 30, {
        'a user who is not known': costly.shown(basic('knowm')),
        'a user who is': costly.shown(basic('known')),
      }),
    );
    await costly.close();
    return results.flat();
  });
