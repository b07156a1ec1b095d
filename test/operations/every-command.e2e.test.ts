import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTerminal, inPipe, logWith, newDir, onTerminal, removeDirs } from './as-operator.ts';

let log: string;
beforeAll(async () => {
  log = await logWith(2_000);
});
afterAll(removeDirs);

/** Each with the exit status that a user gets; a fresh copy of the log for each run, since some change it. */
const COMMANDS: [args: string[], status: number][] = [
  [['channels'], 0],
  [['channels', '--concise'], 0],
  [['channels', '--verbose'], 0],
  [['channels', '--count'], 0],
  [['channels', '--json'], 0],
  [['channel', 'none-such'], 1],
  [['verify'], 0],
  [['verify', '--json'], 0],
  [['replay'], 0],
  [['replay', '--full'], 0],
  [['replay', '--back'], 2],
  [['audit'], 2],
  [['doctor'], 1],
  [['user', 'list'], 0],
  [['quarantine'], 1],
  [['quarantine', 'retry'], 1],
  [['log', 'stats'], 0],
  [['log', 'tail', '-n', '5'], 0],
  [['log', 'export'], 0],
  [['log', 'backup', 'FRESH/backup'], 0],
  [['log', 'compact', '--older-than', '1m'], 0],
];

const words = ([args]: (typeof COMMANDS)[number]): string => args.join(' ');

const fresh = (args: string[]): string[] => {
  const data = newDir();
  cpSync(join(log, 'events.db'), join(data, 'events.db'));
  return [...args.map((word) => word.replace('FRESH', newDir())), '--data', data];
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const COLOUR = /\x1b\[[\d;]*m/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /\x1b/;

describe('in a pipe, also where colours are forced', () => {
  test.each(COMMANDS)('%j ends with %i, without a control character', async (args, status) => {
    const { code, out, err } = await inPipe(fresh(args), { env: { FORCE_COLOR: '1' } });
    expect({ code, err: code === status ? '' : err }).toEqual({ code: status, err: '' });
    expect(out + err).not.toMatch(CONTROL);
    expect(out + err).not.toContain('\r');
    if (args.includes('--json')) for (const line of out.trimEnd().split('\n')) JSON.parse(line);
    // What went wrong is the last line, which begins with its code; nothing looks like an answer.
    if (status === 2) expect({ out, err }).toEqual({ out: '', err: expect.stringMatching(/(^|\n)[A-Z_]+: [^\n]+\n$/) });
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test.each(COMMANDS)('%j ends with %i, and has no colour where NO_COLOR says so', async (args, status) => {
    const { code, out } = await onTerminal(fresh(args), { env: { NO_COLOR: '1' } });
    expect({ code, out: code === status ? '' : out }).toEqual({ code: status, out: '' });
    expect(out).not.toMatch(COLOUR);
    expect(out.length).toBeGreaterThan(0);
    if (args.includes('--json')) expect(out).not.toMatch(CONTROL);
  });
});

test('the table above has every command that ends by itself', async () => {
  const { out } = await inPipe(['--help']);
  const named = [...out.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].flatMap(([, name = '']) => name);
  const tested = new Set(COMMANDS.map((command) => words(command).split(' ')[0]));
  const elsewhere = ['start', 'ingest', 'projector', 'api', 'watch', 'import', 'help'];
  expect(named.filter((name) => !tested.has(name) && !elsewhere.includes(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(8);
});
