import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { position, START } from '@rollcall/channel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Running } from '../../services/cli/src/running.ts';
import { type Ran, runCommand } from '../../services/cli/src/testing/run-command.ts';
import { createBreath } from '../../services/projector/src/breath.ts';
import { ADDED, logWith, newDir, removeDirs } from './as-operator.ts';
import { startHere } from './in-process.ts';

const EVENTS = 600;

let log: string;
let data: string;
let running: Running | undefined;
beforeAll(async () => {
  log = await logWith(EVENTS);
});
afterAll(removeDirs);
beforeEach(() => {
  data = newDir();
  copyFileSync(join(log, 'events.db'), join(data, 'events.db'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const start = async (flags: { http?: string } = {}): Promise<Running & { url: string }> => {
  running = await startHere(data, flags);
  return { ...running, url: running.url ?? '' };
};
const replay = (...args: string[]): Promise<Ran> => runCommand(['replay', ...args], { data });
const code = ({ error }: Ran): unknown => (error instanceof Error && 'code' in error ? error.code : error);

type Line = { progress?: Record<string, unknown>; result?: Record<string, unknown> };
const linesOf = (out: string): Line[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const NEW =
  /^The list is new: \d+ channels at position \d+, from \d+ events\.\nIt is what the list was: nothing had to be repaired\.\n$/;

describe('with a Rollcall that runs', () => {
  test.each([[[]], [['--full']], [['--fresh']]])('replay %j: the result, and nothing else', async (args) => {
    await start();
    const { out, err, exitCode, error } = await replay(...args);
    expect({ err, exitCode, error }).toEqual({ err: '', exitCode: undefined, error: undefined });
    expect(out).toMatch(NEW);
  });

  test('--json: a line for each report of how far it is, and the result', async () => {
    await start();
    const { out, err } = await replay('--full', '--json');
    expect(err).toBe('');
    const lines = linesOf(out);
    // So short a job may be over before it is asked how far it is: its end is told in any case.
    for (const { progress } of lines.slice(0, -1)) {
      expect(progress).toEqual({
        phase: expect.stringMatching(/^(reading|verifying|swapping)$/),
        position: expect.any(Number),
        target: EVENTS + ADDED,
        events: expect.any(Number),
        eventsPerSecond: expect.any(Number),
      });
    }
    expect(lines.at(-1)?.result).toEqual({
      did: 'rebuilt',
      position: EVENTS + ADDED,
      channels: expect.any(Number),
      events: EVENTS + ADDED,
      repaired: { count: 0, shown: [] },
      warnings: [],
    });
  });

  test('--back returns to the list before, --discard lets go of it', async () => {
    const { dir } = await start();
    expect(code(await replay('--back'))).toBe('NO_GENERATION_BEFORE');
    const [[stream, channel] = ['', undefined]] = dir.cache.entries();
    if (!channel) throw new Error('no channel');
    channel.exten = 'altered';
    expect((await replay()).out).toMatch(
      new RegExp(
        `\\nRepaired: 1\\n {2}${stream} differs exten\\n"rollcall replay --back" returns to the list before\\.\\n$`,
      ),
    );
    const back = await replay('--back');
    expect(back.out).toMatch(/^The list before is back: \d+ channels at position \d+\.\n/);
    expect(back.out).toContain(`Other than in the one it replaced: 1\n  ${stream} differs exten\n`);
    expect((await replay('--back')).error).toBeUndefined();
    expect(await replay('--discard')).toMatchObject({ out: 'The list before is gone.\n', err: '', error: undefined });
    expect(await replay('--discard')).toMatchObject({ out: 'There was no list before.\n', error: undefined });
    expect(code(await replay('--back'))).toBe('NO_GENERATION_BEFORE');
  });

  test.each([
    ['--back', '--full'],
    ['--back', '--discard'],
    ['--discard', '--fresh'],
  ])('%s with %s is refused', async (one, other) => {
    const { err, out } = await replay(one, other);
    expect(out).toBe('');
    expect(err).toMatch(/cannot be used with/);
  });

  test('a new list that the log contradicts is not taken: exit 1, and the list is as it was', async () => {
    const { dir } = await start();
    const before = [...dir.cache.list()];
    // Not the list of every event, whatever the log says.
    dir.log.readOpen = () => dir.log.readAll(START, position(100));
    const { exitCode, out, err } = await replay('--full');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toMatch(/^REBUILD_NOT_VERIFIED: .*\n$/);
    expect([...dir.cache.list()]).toEqual(before);
  });

  test('one at a time: the one that is in the way is named', async () => {
    const { dir } = await start();
    const { readOpen } = dir.log;
    let second: Promise<Ran> | undefined;
    dir.log.readOpen = async function* (at) {
      second = replay();
      await second;
      yield* readOpen(at);
    };
    expect((await replay()).error).toBeUndefined();
    expect(code(await (second ?? replay()))).toBe('JOB_IN_THE_WAY');
  });
});

describe('who may', () => {
  test('the token and the address lie in the data directory, for its owner alone; the address as long as it runs', async () => {
    const { url, stop } = await start();
    const mode = (file: string): string => (statSync(join(data, file)).mode & 0o777).toString(8);
    expect([mode('operator.token'), mode('running.json')]).toEqual(['600', '600']);
    const token = readFileSync(join(data, 'operator.token'), 'utf8');
    expect(token).toMatch(/^[0-9a-f]{64}\n$/);
    expect(JSON.parse(readFileSync(join(data, 'running.json'), 'utf8'))).toEqual({
      pid: process.pid,
      url,
      since: expect.any(String),
    });
    await stop();
    expect(existsSync(join(data, 'running.json'))).toBe(false);
    await start();
    expect(readFileSync(join(data, 'operator.token'), 'utf8')).toBe(token);
  });

  test('--url with the token from a file or the environment; without it, or with another, nothing, and no token is shown', async () => {
    const { url } = await start();
    const tokenFile = join(data, 'operator.token');
    const token = readFileSync(tokenFile, 'utf8').trim();
    const other = join(data, 'other.token');
    writeFileSync(other, `${'a'.repeat(64)}\n`);
    const at = (args: string[], env = {}) => runCommand(['replay', '--url', url, ...args], { data, context: { env } });
    expect((await at(['--token-file', tokenFile])).out).toMatch(NEW);
    expect((await at([], { ROLLCALL_TOKEN: token })).out).toMatch(NEW);
    const refused: [string, string[], Record<string, string>][] = [
      ['TOKEN_NEEDED', [], {}],
      ['NOT_LOGGED_IN', ['--token-file', other], {}],
      ['NOT_LOGGED_IN', [], { ROLLCALL_TOKEN: 'b'.repeat(64) }],
      ['TOKEN_MISSING', ['--token-file', join(data, 'nowhere')], {}],
      ['TOKEN_MISSING', ['--token-file', join(data, 'events.db')], {}],
      ['TOKEN_UNREADABLE', ['--token-file', data], {}],
      ['PLACE_TWICE', ['--data', data], { ROLLCALL_TOKEN: token }],
    ];
    for (const [expected, args, env] of refused) {
      const ran = await at(args, env);
      expect([code(ran), ran.out, ran.err]).toEqual([expected, '', '']);
      for (const secret of [token, 'aaaaaaaa', 'bbbbbbbb']) expect(String(ran.error)).not.toContain(secret);
    }
    expect(code(await replay('--token-file', tokenFile))).toBe('TOKEN_NEEDED');
  });

  test('a token that a power cut left empty is made anew', async () => {
    writeFileSync(join(data, 'operator.token'), '');
    await start();
    expect((await replay()).out).toMatch(NEW);
  });
});

describe('without a Rollcall that can be asked', () => {
  const said = (): string => `No Rollcall runs on ${data}: this process does it.\n`;

  test('this process does it, and says so', async () => {
    for (const args of [[], ['--full'], ['--back'], ['--discard']]) {
      expect(await replay(...args)).toMatchObject({ err: said(), error: undefined });
    }
    expect((await runCommand(['verify'], { data })).exitCode).toBe(0);
  });

  test.each([
    ['of a Rollcall that crashed', '{"pid":1,"url":"http://127.0.0.1:1","since":"2026-11-22T00:00:00Z"}'],
    ['cut off', '{"pid":'],
    ['of nobody', '{}'],
  ])('what was left behind is not believed: %s', async (_, text) => {
    writeFileSync(join(data, 'running.json'), text);
    expect(await replay()).toMatchObject({ err: said(), error: undefined });
    await start();
    expect((await replay()).err).toBe('');
  });

  test('a Rollcall that serves no HTTP is named, with what to do', async () => {
    writeFileSync(join(data, 'running.json'), '{"pid":1,"url":"http://127.0.0.1:1","since":"before it"}');
    await start({ http: 'off' });
    const ran = await replay();
    expect([code(ran), ran.out]).toEqual(['NOT_SERVED', '']);
    expect(String(ran.error)).toMatch(/is in use by process \d+ .* It serves no HTTP/);
  });

  test('a directory without a log is named, and not made', async () => {
    const nowhere = join(data, 'mistyped');
    expect(code(await replay('--data', nowhere))).toBe('LOG_MISSING');
    expect(existsSync(nowhere)).toBe(false);
  });
});

test('long work gives way while others have work, and not for ever', async () => {
  let now = 0;
  const clock = { now: () => 0, monotonic: () => now };
  /** Turns that pass in a breath, where others have work of a millisecond in so many turns. */
  const turnsOf = async (busy: number): Promise<number> => {
    let turns = 0;
    let over = false;
    const other = (): void => {
      if (over) return;
      turns++;
      if (turns <= busy) now += 1;
      setImmediate(other);
    };
    setImmediate(other);
    await createBreath({ clock })();
    over = true;
    return turns;
  };
  expect(await turnsOf(0)).toBe(1);
  expect(await turnsOf(4)).toBe(5);
  expect(await turnsOf(1_000)).toBe(10);
});
