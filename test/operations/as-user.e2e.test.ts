import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RollcallProcess, startRollcall } from '../support/rollcall-process.ts';
import { ADDED, hasTerminal, inPipe, logWith, newDir, onTerminal, type RunOptions, removeDirs } from './as-operator.ts';
import { scriptedRollcall } from './scripted-rollcall.ts';

/** Of a log that takes a moment to read whole. */
const EVENTS = 100_000;

let log: string;
let data: string;
let running: RollcallProcess | undefined;
beforeAll(async () => {
  log = await logWith(EVENTS);
});
afterAll(removeDirs);
beforeEach(() => {
  data = newDir();
  copyFileSync(join(log, 'events.db'), join(data, 'events.db'));
});
afterEach(async () => {
  await running?.kill9();
  running = undefined;
});

const start = async (): Promise<RollcallProcess> => {
  running = await startRollcall({ data, pbxs: { none: 'ami://u:s@127.0.0.1:1' } });
  return running;
};

const linesOf = (out: string): { progress?: Record<string, unknown>; result?: Record<string, unknown> }[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Sends a signal once, as soon as it is under way. */
const underWay = (act: (child: { kill: (signal: NodeJS.Signals) => boolean }) => void): RunOptions => {
  let acted = false;
  return {
    printed: (text, child) => {
      if (acted || !text.includes('"progress"')) return;
      acted = true;
      act(child);
    },
  };
};

const NEW = 'It is what the list was: nothing had to be repaired.';

describe('in a pipe', () => {
  test('a whole replay: exit 0, no control character; then verify: exit 0', async () => {
    await start();
    for (const [args, last] of [
      [['replay', '--full'], NEW],
      [['verify'], 'log: 0 findings'],
    ] as const) {
      const { code, out, err } = await inPipe([...args, '--data', data], { env: { FORCE_COLOR: '1' } });
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out.trimEnd().split('\n').at(-1)).toBe(last);
      expect(out).not.toContain('\x1b');
    }
    expect(running?.printed()).toMatch(/replay: running[\s\S]*replay: done/);
  });

  test('--json: five reports a second at most', async () => {
    await start();
    const begin = performance.now();
    const { out } = await inPipe(['replay', '--full', '--json', '--data', data]);
    const seconds = (performance.now() - begin) / 1_000;
    expect(linesOf(out).length).toBeLessThan(5 * seconds + 5);
    expect(linesOf(out)[0]?.progress?.target).toBe(EVENTS + ADDED);
  });

  test('Ctrl-C stops it in the Rollcall: the list is as it was, and the next one goes on from there', async () => {
    const { list } = await start();
    const before = await list();
    const { code, err } = await inPipe(
      ['replay', '--full', '--json', '--data', data],
      underWay((child) => child.kill('SIGINT')),
    );
    expect(code).toBe(2);
    expect(err).toMatch(
      /^Stopping; once more ends at once\.\nREBUILD_STOPPED: .* the list is as it was\. Run it again; a full one goes on from there\.\n$/,
    );
    expect((await list()).channels).toEqual(before.channels);
    const { out } = await inPipe(['replay', '--full', '--data', data]);
    const [, events, from] = /from (\d+) events, from position (\d+) on/.exec(out) ?? [];
    expect(Number(from)).toBeGreaterThan(0);
    expect(Number(events) + Number(from)).toBe(EVENTS + ADDED);
  });

  test('Ctrl-C stops it in a process of its own too', async () => {
    const { code, err } = await inPipe(
      ['replay', '--full', '--json', '--data', data],
      underWay((child) => child.kill('SIGINT')),
    );
    expect(code).toBe(2);
    expect(err).toContain('Stopping; once more ends at once.\nREBUILD_STOPPED: ');
    expect((await inPipe(['replay', '--full', '--data', data])).out).toMatch(/, from position \d+ on\.\n/);
  });

  test('when the Rollcall ends in the middle, it is said, and nothing changed', async () => {
    const { stop } = await start();
    let stopped: Promise<unknown> | undefined;
    const { code, err } = await inPipe(
      ['replay', '--full', '--json', '--data', data],
      underWay(() => {
        stopped = stop();
      }),
    );
    await stopped;
    expect(code).toBe(2);
    expect(err).toMatch(/^(REBUILD_STOPPED|JOB_LOST): [^\n]*\n$/);
    expect((await inPipe(['replay', '--data', data])).out).toContain(NEW);
  });

  test.each(['replay', 'verify'])('%s --help tells what it does, with examples and exit status', async (command) => {
    const { code, out } = await inPipe([command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Examples:\n  rollcall ${command}`);
    expect(out).toContain('Exit status: ');
  });
});

describe('with a Rollcall that does not do as it should', () => {
  const ask = (url: string, options: RunOptions = {}) =>
    inPipe(['replay', '--json', '--url', url], { ...options, env: { ROLLCALL_TOKEN: 't'.repeat(64) } });

  test('a job that does not stop: Ctrl-C twice ends the command at once', async () => {
    const deaf = await scriptedRollcall({ progress: 'running' });
    let pressed = 0;
    const { signal, err } = await ask(deaf.url, {
      printed: (text, child) => {
        // The first when it is under way, the second when the first was heard.
        if (pressed < 2 && text.includes(pressed === 0 ? '"progress"' : 'Stopping')) {
          pressed++;
          child.kill('SIGINT');
        }
      },
    });
    await deaf.close();
    expect(signal).toBe('SIGINT');
    expect(err).toBe('Stopping; once more ends at once.\n');
  });

  test('a connection that breaks: it asks again, and hears the end', async () => {
    const shaky = await scriptedRollcall({ progress: 'breaks-once' });
    const { code, out } = await ask(shaky.url);
    await shaky.close();
    expect(code).toBe(0);
    expect(shaky.asked.filter((one) => one.endsWith('/progress'))).toHaveLength(2);
    expect(linesOf(out).at(-1)?.result).toMatchObject({ did: 'discarded' });
  });

  test('one that is gone, is something else, or is nowhere: one line that says so', async () => {
    const gone = await scriptedRollcall({ progress: 'ends' });
    expect(await ask(gone.url)).toMatchObject({ code: 2, err: expect.stringMatching(/^JOB_LOST: [^\n]*\n$/) });
    const other = await scriptedRollcall({ progress: 'nonsense' });
    expect(await ask(other.url)).toMatchObject({ code: 2, err: expect.stringMatching(/^NOT_ROLLCALL: [^\n]*\n$/) });
    await other.close();
    expect(await ask(other.url)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^SERVER_UNREACHABLE: [^\n]*\n$/),
    });
    expect(await ask('http://u:secret@127.0.0.1:1')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^URL_WRONG: (?!.*secret)[^\n]*\n$/),
    });
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('a bar shows phase, position, target, speed and time left, and leaves nothing behind', async () => {
    await start();
    const { code, out } = await onTerminal(['replay', '--full', '--data', data]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`reading [█░]+ #\\d+ of #${EVENTS + ADDED}, [\\d,]+ events/s, \\d+ s left`));
    expect(out.split('\x1b[2K').at(-1)).toMatch(/^The list is new: .*\r\nIt is what the list was: .*\r\n$/);
    const verified = await onTerminal(['verify', '--data', data]);
    expect(verified.out).toMatch(/folding [█░]+ #\d+ of #\d+, [\d,]+ events\/s/);
    expect(verified.out).toMatch(/checking the log [█░]+ #\d+ of #\d+/);
  });
  test('NO_COLOR: no colours; --json: no bar', async () => {
    await start();
    const plain = await onTerminal(['replay', '--full', '--data', data], { env: { NO_COLOR: '1' } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(plain.out).not.toMatch(/\x1b\[[\d;]*m/);
    for (const command of ['replay', 'verify']) {
      const { out } = await onTerminal([command, '--json', '--data', data]);
      expect(out).not.toContain('\x1b');
      expect(linesOf(out).length).toBeGreaterThan(0);
    }
  });
});
