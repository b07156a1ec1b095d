import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall } from '../support/rollcall-process.ts';
import { ADDED, hasTerminal, inPipe, logWith, newDir, onTerminal, removeDirs } from './as-operator.ts';

/** Of a log that takes a moment to read. */
const EVENTS = 200_000;
/** A PBX that nobody reaches, so that nothing is written meanwhile. */
const pbxs = { none: 'ami://u:s@127.0.0.1:1' };

let long: string;
let data: string;
let running: RollcallProcess | undefined;
beforeAll(async () => {
  long = await logWith(EVENTS);
});
afterAll(removeDirs);
beforeEach(() => {
  data = newDir();
  copyFileSync(join(long, 'events.db'), join(data, 'events.db'));
});
afterEach(async () => {
  await running?.kill9();
  running = undefined;
});

const start = async (...args: string[]): Promise<RollcallProcess> => {
  running = await startRollcall({ data, pbxs, args });
  return running;
};
const replay = (...args: string[]) => inPipe(['replay', '--data', data, ...args]);
const linesOf = (out: string): { progress?: Record<string, unknown>; result?: Record<string, unknown> }[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const NEW =
  /^The list is new: \d+ channels at position \d+, from \d+ events\.\nIt is what the list was: nothing had to be repaired\.\n$/;

describe('with a Rollcall that runs', () => {
  test('in a pipe: the result and nothing else, exit 0', async () => {
    await start();
    for (const args of [[], ['--full']]) {
      const { code, out, err } = await replay(...args);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(NEW);
    }
    expect(running?.printed()).toMatch(/replay: running[\s\S]*replay: done/);
  });

  test('--json: a line for each report of how far it is, five a second at most, and the result', async () => {
    await start();
    const begin = performance.now();
    const { code, out, err } = await replay('--full', '--json');
    const seconds = (performance.now() - begin) / 1_000;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = linesOf(out);
    const reports = lines.slice(0, -1).map(({ progress }) => progress);
    expect(reports[0]).toEqual({
      phase: 'reading',
      position: expect.any(Number),
      target: EVENTS + ADDED,
      events: expect.any(Number),
      eventsPerSecond: expect.any(Number),
    });
    expect(new Set(reports.map((one) => one?.phase))).toEqual(new Set(['reading', 'verifying', 'swapping']));
    expect(reports.length).toBeLessThan(5 * seconds + 4);
    expect(lines.at(-1)?.result).toMatchObject({
      did: 'rebuilt',
      position: expect.any(Number),
      events: EVENTS + ADDED,
      repaired: { count: 0, shown: [] },
    });
  });

  test('--back returns to the list before, --discard lets go of it', async () => {
    await start();
    expect(await replay('--back')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^NO_GENERATION_BEFORE: .* rollcall replay\.\n$/),
    });
    await replay();
    expect((await replay('--back')).out).toMatch(/^The list before is back: \d+ channels at position \d+\.\n/);
    expect((await replay('--back')).code).toBe(0);
    expect(await replay('--discard')).toMatchObject({ code: 0, out: 'The list before is gone.\n', err: '' });
    expect(await replay('--discard')).toMatchObject({ code: 0, out: 'There was no list before.\n' });
    expect((await replay('--back')).code).toBe(2);
  });

  test('options that contradict each other are refused', async () => {
    await start();
    expect(await replay('--back', '--full')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/cannot be used with/),
    });
  });

  test('one at a time: the other one is named', async () => {
    await start();
    let second: ReturnType<typeof replay> | undefined;
    const first = inPipe(['replay', '--full', '--json', '--data', data], {
      printed: () => {
        second ??= replay();
      },
    });
    expect((await first).code).toBe(0);
    expect(await second).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^JOB_IN_THE_WAY: replay is running since /),
    });
  });

  test('Ctrl-C stops it there: the list is as it was, and the next one goes on from where it was', async () => {
    const { list } = await start();
    const before = await list();
    let pressed = false;
    const { code, err } = await inPipe(['replay', '--full', '--json', '--data', data], {
      printed: (_, child) => {
        if (!pressed) child.kill('SIGINT');
        pressed = true;
      },
    });
    expect(code).toBe(2);
    expect(err).toMatch(
      /^Stopping; once more ends at once\.\nREBUILD_STOPPED: .* the list is as it was\. Run it again; a full one goes on from there\.\n$/,
    );
    expect((await list()).channels).toEqual(before.channels);
    const { out } = await replay('--full');
    const [, events, from] = /from (\d+) events, from position (\d+) on/.exec(out) ?? [];
    expect(Number(from)).toBeGreaterThan(0);
    expect(Number(events)).toBeLessThan(EVENTS);
    expect((await replay('--fresh')).out).toMatch(NEW);
  });

  test('Ctrl-C twice ends the command at once', async () => {
    await start();
    let pressed = 0;
    const { signal } = await inPipe(['replay', '--full', '--json', '--data', data], {
      printed: (text, child) => {
        if (pressed === 0 || (pressed === 1 && text.includes('Stopping'))) {
          pressed++;
          child.kill('SIGINT');
        }
      },
    });
    // The job may have been over before the second one came.
    if (pressed === 2) expect([null, 'SIGINT']).toContain(signal);
  });

  test('when that Rollcall ends in the middle, it is said, and nothing changed', async () => {
    const { stop } = await start();
    let stopped: Promise<unknown> | undefined;
    const { code, err } = await inPipe(['replay', '--full', '--json', '--data', data], {
      printed: () => {
        stopped ??= stop();
      },
    });
    await stopped;
    expect(code).toBe(2);
    expect(err).toMatch(/^(REBUILD_STOPPED|JOB_LOST): /);
    expect((await replay()).out).toMatch(NEW);
  });
});

describe('who may', () => {
  test('the token and the address lie in the data directory, for its owner alone; the address as long as it runs', async () => {
    const { url, pid, stop } = await start();
    const mode = (file: string): string => (statSync(join(data, file)).mode & 0o777).toString(8);
    expect([mode('operator.token'), mode('running.json')]).toEqual(['600', '600']);
    const token = readFileSync(join(data, 'operator.token'), 'utf8');
    expect(token).toMatch(/^[0-9a-f]{64}\n$/);
    expect(JSON.parse(readFileSync(join(data, 'running.json'), 'utf8'))).toEqual({
      pid,
      url,
      since: expect.any(String),
    });
    expect(await stop()).toBe(0);
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
    const at = (args: string[], env = {}) => inPipe(['replay', '--url', url, ...args], { env });
    expect((await at(['--token-file', tokenFile])).out).toMatch(NEW);
    expect((await at([], { ROLLCALL_TOKEN: token })).out).toMatch(NEW);
    const refused: [string, string[], Record<string, string>][] = [
      ['TOKEN_NEEDED', [], {}],
      ['NOT_AUTHORISED', ['--token-file', other], {}],
      ['NOT_AUTHORISED', [], { ROLLCALL_TOKEN: 'b'.repeat(64) }],
      ['TOKEN_MISSING', ['--token-file', join(data, 'nowhere')], {}],
      ['TOKEN_MISSING', ['--token-file', join(data, 'events.db')], {}],
      ['TOKEN_UNREADABLE', ['--token-file', data], {}],
      ['PLACE_TWICE', ['--data', data], { ROLLCALL_TOKEN: token }],
    ];
    for (const [code, args, env] of refused) {
      const ran = await at(args, env);
      expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringMatching(new RegExp(`^${code}: [^\n]*\n$`)) });
      for (const secret of [token, 'aaaaaaaa', 'bbbbbbbb']) expect(ran.err).not.toContain(secret);
    }
    expect(running?.printed()).not.toContain(token);
  });

  test('a token that a power cut left empty is made anew', async () => {
    writeFileSync(join(data, 'operator.token'), '');
    await start();
    expect((await replay()).out).toMatch(NEW);
  });
});

describe('without a Rollcall that can be asked', () => {
  const SAID = `No Rollcall runs on DIR: this process does it.\n`;

  test('this process does it, and says so', async () => {
    for (const args of [[], ['--full'], ['--back']]) {
      const { code, err } = await replay(...args);
      expect({ code, err }).toEqual({ code: 0, err: SAID.replace('DIR', data) });
    }
    expect((await inPipe(['verify', '--data', data])).code).toBe(0);
  });

  test('after a crash, what it left behind is not believed', async () => {
    const { kill9 } = await start();
    await kill9();
    expect(existsSync(join(data, 'running.json'))).toBe(true);
    const { code, err } = await replay();
    expect({ code, err }).toEqual({ code: 0, err: SAID.replace('DIR', data) });
    writeFileSync(join(data, 'running.json'), '{"pid":');
    expect((await replay()).code).toBe(0);
  });

  test('Ctrl-C stops it too, and the next one goes on', async () => {
    let pressed = false;
    const { code, err } = await inPipe(['replay', '--full', '--json', '--data', data], {
      printed: (text, child) => {
        if (pressed || !text.includes('"progress"')) return;
        pressed = true;
        child.kill('SIGINT');
      },
    });
    expect(code).toBe(2);
    expect(err).toContain('Stopping; once more ends at once.\nREBUILD_STOPPED: ');
    expect((await replay('--full')).out).toMatch(/, from position \d+ on\.\n/);
  });

  test('a Rollcall that serves no HTTP is named, with what to do', async () => {
    running = await startRollcall({ data, pbxs, args: ['--http', 'off'] }).catch(() => undefined);
    expect(running).toBeUndefined();
  });

  test('a directory without a log is named, and not made', async () => {
    const nowhere = join(data, 'mistyped');
    const { code, err } = await inPipe(['replay', '--data', nowhere]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^LOG_MISSING: /) });
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('a bar shows phase, position, target, speed and time left, and leaves nothing behind', async () => {
    await start();
    const { code, out } = await onTerminal(['replay', '--full', '--data', data]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`reading █+░* #\\d+ of #${EVENTS + ADDED}, [\\d,]+ events/s, \\d+ s left`));
    expect(out.split('\x1b[2K').at(-1)?.replaceAll('\r', '')).toMatch(NEW);
  });
  test('NO_COLOR: no colours; --json: no bar', async () => {
    await start();
    const plain = await onTerminal(['replay', '--full', '--data', data], { env: { NO_COLOR: '1' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(plain.out).not.toMatch(/\x1b\[[\d;]*m/);
    const { out } = await onTerminal(['replay', '--full', '--json', '--data', data]);
    expect(out).not.toContain('\x1b');
    expect(linesOf(out).at(-1)?.result).toMatchObject({ did: 'rebuilt' });
  });
});

test('--help tells what it does, with examples', async () => {
  const { code, out } = await inPipe(['replay', '--help']);
  expect(code).toBe(0);
  expect(out).toContain('Examples:\n  rollcall replay ');
  expect(out).toContain('Exit status: ');
});
