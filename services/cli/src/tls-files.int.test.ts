import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Certificate, certificate } from './testing/certificates.ts';
import { openTlsFiles, type TlsFiles } from './tls-files.ts';

const DAY_MS = 86_400_000;
const first = certificate();
const second = certificate(60);
const short = certificate(3);
const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

let dir: string;
let paths: { cert: string; key: string };
let now: number;
let timers: { at: number; task: () => void }[];
let said: string[];

/** Time goes on so far; what is read from the disk meanwhile is waited for. */
const pass = async (ms: number): Promise<void> => {
  const until = now + ms;
  for (;;) {
    await settled();
    const next = timers.sort((one, other) => one.at - other.at)[0];
    if (!next || next.at > until) break;
    timers.shift();
    now = Math.max(now, next.at);
    next.task();
  }
  now = until;
};
/** Between two looks there is always a timer. */
const settled = (): Promise<void> => vi.waitFor(() => expect(timers.length).toBeGreaterThan(0), { interval: 1 });

const open = (): { tls: TlsFiles; renewed: string[] } => {
  const clock = { now: () => now, monotonic: () => now };
  const after = (ms: number, task: () => void) => {
    const timer = { at: now + ms, task };
    timers.push(timer);
    return () => {
      timers = timers.filter((one) => one !== timer);
    };
  };
  const say = (line: string): void => void said.push(line);
  const tls = openTlsFiles(paths, { clock, scheduler: { after, sleep: async () => {} } }, { info: say, warn: say });
  const renewed: string[] = [];
  tls.onChange(({ cert }) => renewed.push(cert));
  return { tls, renewed };
};

const write = ({ cert, key }: Pick<Certificate, 'cert' | 'key'>): void => {
  writeFileSync(paths.cert, cert);
  writeFileSync(paths.key, key);
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-tls-files-'));
  made.push(dir);
  paths = { cert: join(dir, 'fullchain.pem'), key: join(dir, 'privkey.pem') };
  now = Date.now();
  timers = [];
  said = [];
  write(first);
});

describe('a certificate that is renewed is taken', () => {
  const links = (to: string): void => {
    for (const name of ['fullchain.pem', 'privkey.pem']) {
      symlinkSync(join('..', 'archive', to, name), join(dir, 'live', `${name}.new`));
      renameSync(join(dir, 'live', `${name}.new`), join(dir, 'live', name));
    }
  };
  test.each<[string, () => void, () => void]>([
    ['written over', () => {}, () => write(second)],
    [
      'replaced by others of the same age and size',
      () => {},
      () => {
        for (const name of ['cert', 'key'] as const) {
          writeFileSync(`${paths[name]}.new`, second[name]);
          utimesSync(`${paths[name]}.new`, 1, 1);
          utimesSync(paths[name], 1, 1);
          renameSync(`${paths[name]}.new`, paths[name]);
        }
      },
    ],
    [
      'links that are set to others, as certbot does',
      () => {
        for (const [name, one] of Object.entries({ 1: first, 2: second })) {
          paths = { cert: join(dir, 'archive', name, 'fullchain.pem'), key: join(dir, 'archive', name, 'privkey.pem') };
          mkdirSync(join(dir, 'archive', name), { recursive: true });
          write(one);
        }
        mkdirSync(join(dir, 'live'));
        paths = { cert: join(dir, 'live', 'fullchain.pem'), key: join(dir, 'live', 'privkey.pem') };
        links('1');
      },
      () => links('2'),
    ],
  ])('%s', async (_, before, renew) => {
    before();
    const { tls, renewed } = open();
    expect(tls.current().cert).toBe(first.cert);
    renew();
    await pass(11_000);
    expect(renewed).toEqual([second.cert]);
    expect(tls.current()).toEqual({ cert: second.cert, key: second.key });
    expect(said).toEqual([expect.stringMatching(/^The certificate .*fullchain.pem is renewed, and good until 20/)]);
    await pass(60_000);
    expect(renewed.length).toBe(1);
    tls.close();
    expect(timers).toEqual([]);
  });
  test('not while it is being written: nothing is said, and it is taken when nothing more comes', async () => {
    const { renewed } = open();
    writeFileSync(paths.cert, second.cert.slice(0, 300));
    await pass(10_000);
    writeFileSync(paths.cert, second.cert);
    await pass(1_000);
    writeFileSync(paths.key, second.key);
    await pass(1_000);
    expect(renewed).toEqual([]);
    await pass(1_000);
    expect({ renewed, said: said.length }).toEqual({ renewed: [second.cert], said: 1 });
  });
  test('at once where somebody says that it is there', async () => {
    const { tls, renewed } = open();
    write(second);
    tls.look();
    await vi.waitFor(() => expect(renewed).toEqual([second.cert]));
  });
});

describe('what cannot be used changes nothing and is said once, without what the files hold', () => {
  test.each<[string, () => void, RegExp]>([
    ['a key that is of another certificate', () => write({ ...second, key: first.key }), /key values mismatch/],
    [
      'a certificate that breaks off',
      () => write({ ...second, cert: second.cert.slice(0, 300) }),
      /fullchain\.pem holds no certificate that can be used: /,
    ],
    [
      'a key that breaks off',
      () => write({ ...second, key: second.key.slice(0, 90) }),
      /privkey\.pem holds no key that can be used: /,
    ],
    ['an empty file', () => write({ ...second, cert: '' }), /holds no certificate/],
    ['something else', () => write({ cert: 'hello', key: second.key }), /holds no certificate/],
    ['a file that is gone', () => rmSync(paths.key), /privkey\.pem cannot be read: ENOENT/],
    ['a folder', () => [rmSync(paths.cert), mkdirSync(paths.cert)], /fullchain\.pem cannot be read: EISDIR/],
  ])('%s', async (_, spoil, why) => {
    const { tls, renewed } = open();
    spoil();
    await pass(60_000);
    expect(renewed).toEqual([]);
    expect(tls.current().cert).toBe(first.cert);
    expect(said).toEqual([expect.stringMatching(/^The certificate stays as it was\. TLS_FILES_WRONG: /)]);
    expect(said[0]).toMatch(why);
    for (const line of [second.key, first.key].flatMap((key) => key.split('\n').slice(1, -2))) {
      expect(said[0]).not.toContain(line);
    }
    rmSync(paths.cert, { recursive: true, force: true });
    write(second);
    await pass(11_000);
    expect(renewed).toEqual([second.cert]);
  });
  test('a certificate that is over', async () => {
    const { renewed } = open();
    now += 10 * DAY_MS;
    write(short);
    await pass(60_000);
    expect({ renewed, said }).toEqual({
      renewed: [],
      said: [expect.stringMatching(/stays as it was\. TLS_FILES_WRONG: .*fullchain\.pem was good until 20/)],
    });
  });
  test.skipIf(process.getuid?.() === 0)('a key that only another user may read', async () => {
    const { renewed } = open();
    write(second);
    chmodSync(paths.key, 0);
    await pass(60_000);
    expect({ renewed, said }).toEqual({ renewed: [], said: [expect.stringContaining('cannot be read: EACCES')] });
  });
});

test('a certificate that is over soon is warned of at the start, and once a day until it is renewed', async () => {
  write(short);
  open();
  const warning = expect.stringMatching(/^The certificate .*fullchain\.pem is good until .* only: renew it\.$/);
  expect(said).toEqual([warning]);
  for (let half = 0; half < 5; half++) {
    now += DAY_MS / 2;
    await pass(10_000);
  }
  expect(said).toEqual([warning, warning, warning]);
  write(first);
  await pass(11_000);
  now += 2 * DAY_MS;
  await pass(10_000);
  expect(said.slice(3)).toEqual([expect.stringContaining('is renewed')]);
});
