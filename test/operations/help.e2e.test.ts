import { expect, test } from 'vitest';
import { hasTerminal, inPipe, onTerminal } from './as-operator.ts';

const COMMANDS: [name: string, words: string[]][] = [
  ['rollcall', []],
  ...[
    'start',
    'ingest',
    'projector',
    'api',
    'user',
    'import',
    'channels',
    'channel',
    'watch',
    'verify',
    'replay',
    'audit',
    'doctor',
    'quarantine',
    'log',
  ].map((name): [string, string[]] => [name, [name]]),
  ...['show', 'retry', 'skip'].map((name): [string, string[]] => [`quarantine ${name}`, ['quarantine', name]]),
  ...['stats', 'tail', 'export', 'import', 'backup', 'compact'].map((name): [string, string[]] => [
    `log ${name}`,
    ['log', name],
  ]),
];

const NEEDS = new Set(['import', 'quarantine skip', 'log compact']);

test('each command tells its use, without colour in a pipe, and exits with 0', async () => {
  for (const [name, words] of COMMANDS) {
    const { code, out, err } = await inPipe([...words, '--help'], { env: { FORCE_COLOR: '1' } });
    expect({ name, code, err }).toEqual({ name, code: 0, err: '' });
    expect(out).toContain(`Usage: ${['rollcall', ...words].join(' ')}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked.
    expect(out).not.toMatch(/\x1b/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(140);
  }
}, 240_000);

test('an option that is none is named, with 2, by every command', async () => {
  for (const [name, words] of COMMANDS) {
    const { code, out, err } = await inPipe([...words, '--nonsense']);
    expect({ name, code, out }).toEqual({ name, code: 2, out: '' });
    // What must be given is missed first.
    expect(err).toContain(NEEDS.has(name) ? 'required option' : "unknown option '--nonsense'");
  }
}, 240_000);

test.skipIf(!hasTerminal)('NO_COLOR is respected on a terminal', async () => {
  for (const args of [['--help'], ['log', '--help']]) {
    const { code, out } = await onTerminal(args, { env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is asked.
    expect(out).not.toMatch(/\x1b\[\d*m/);
  }
});
