import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRollcallError } from '@rollcall/errors';
import { afterAll, describe, expect, test } from 'vitest';
import { type Flags, loadSettings } from './load.ts';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-settings-'));
afterAll(() => rmSync(dir, { recursive: true }));

const config = (...lines: string[]): string => {
  const path = join(dir, 'rollcall.yaml');
  writeFileSync(path, lines.join('\n'));
  return path;
};

/** The one line that a user sees. */
const refusal = (flags: Flags, env: NodeJS.ProcessEnv = {}): string => {
  try {
    loadSettings(flags, env);
  } catch (error) {
    if (isRollcallError(error, 'SETTINGS_WRONG')) return error.line;
    throw error;
  }
  throw new Error('It was not refused');
};

describe('layers', () => {
  test('without any the defaults hold', () => {
    expect(loadSettings({}, {})).toEqual({
      data: 'rollcall-data',
      http: { host: '127.0.0.1', port: 8099 },
      httpOpen: false,
      trustProxy: [],
      corsOrigins: [],
      httpConnections: 10_000,
      httpConnectionsPerAddress: 4_000,
      httpRate: 12_000,
      staleAfter: 900_000,
      staleAnswers: 'mark',
      reconcileEvery: 60_000,
      auditEvery: 600_000,
      retain: 'default',
      retainSize: 'default',
      spoolSize: 1e9,
      spoolAge: undefined,
      spoolFull: 'disconnect',
      log: 'embedded',
      logPartitions: 1,
      variables: [],
      logLevel: 'info',
      logFormat: 'text',
      pbx: {},
    });
  });

  test('the command line comes before the environment, the environment before the file', () => {
    const path = config('data: file', 'logLevel: error', 'staleAfter: 1m', 'pbx: { a: { url: "ami://u:s@file" } }');
    const env = { ROLLCALL_DATA: 'env', ROLLCALL_LOG_LEVEL: 'warn', ROLLCALL_PBX: 'b=ami://u:s@env' };
    expect(loadSettings({ config: path }, {})).toMatchObject({ data: 'file', logLevel: 'error', staleAfter: 60_000 });
    const both = loadSettings({ config: path }, env);
    expect(both).toMatchObject({ data: 'env', logLevel: 'warn', staleAfter: 60_000 });
    expect(Object.keys(both.pbx)).toEqual(['b']);
    const all = loadSettings({ config: path, data: 'flag', pbx: ['c=ami://u:s@flag'] }, env);
    expect(all).toMatchObject({ data: 'flag', logLevel: 'warn', staleAfter: 60_000 });
    expect(all.pbx).toEqual({ c: { url: 'ami://u:s@flag' } });
  });

  test('the file that the command line names comes before the one of the environment', () => {
    const env = { ROLLCALL_CONFIG: join(dir, 'missing.yaml') };
    expect(loadSettings({ config: config('data: flag') }, env).data).toBe('flag');
    expect(loadSettings({}, { ROLLCALL_CONFIG: config('data: env') }).data).toBe('env');
  });

  test('everything can come from the environment', () => {
    const env = {
      ROLLCALL_HTTP: 'off',
      ROLLCALL_HTTP_OPEN: 'true',
      ROLLCALL_RECONCILE_EVERY: '5s',
      ROLLCALL_LOG_FORMAT: 'json',
      ROLLCALL_VARIABLES: 'A, B C',
      ROLLCALL_PBX: 'a=ami://u:s@a\n  b=ami://u:s@b?x=y',
    };
    expect(loadSettings({}, env)).toMatchObject({
      http: undefined,
      httpOpen: true,
      reconcileEvery: 5_000,
      logFormat: 'json',
      variables: ['A', 'B', 'C'],
      pbx: { a: { url: 'ami://u:s@a' }, b: { url: 'ami://u:s@b?x=y' } },
    });
    expect(loadSettings({}, { ROLLCALL_HTTP_OPEN: 'false', ROLLCALL_DATA: '' })).toMatchObject({ httpOpen: false });
  });

  test('an empty file, or one of comments, says nothing', () => {
    expect(loadSettings({ config: config('') }, {}).data).toBe('rollcall-data');
    expect(loadSettings({ config: config('# data: here', '---') }, {}).data).toBe('rollcall-data');
  });
});

describe('a wrong setting is named with its place', () => {
  test.each<[Flags, string]>([
    [{ http: 'nowhere' }, 'http is not HOST:PORT, such as 127.0.0.1:8099, nor off (on the command line)'],
    [{ staleAfter: 'soon' }, 'staleAfter is not a duration: write 500ms, 90s, 15m, 2h or 1d (on the command line)'],
    [{ logLevel: 'loud' }, 'logLevel Invalid option: expected one of'],
    [{ data: '' }, 'data '],
    [{ variable: [''] }, 'variables.0 '],
    [{ pbx: ['=ami://u:s@h'] }, 'number 1 of --pbx is not NAME=URL'],
    [{ pbx: ['a=ami://u:s@h', 'b'] }, 'number 2 of --pbx is not NAME=URL'],
    [{ pbx: ['a b=ami://u:s@h'] }, 'number 1 of --pbx is not NAME=URL'],
    [{ pbx: ['a=ami://u:s@h', 'a=ami://u:s@i'] }, 'number 2 of --pbx has the name of another'],
  ])('on the command line: %j', (flags, line) => {
    expect(refusal(flags)).toContain(`SETTINGS_WRONG: ${line}`);
    expect(refusal(flags)).toContain('docs/settings.md');
  });

  test.each<[NodeJS.ProcessEnv, string]>([
    [
      { ROLLCALL_HTTP: '8099' },
      'http is not HOST:PORT, such as 127.0.0.1:8099, nor off (in the environment, ROLLCALL_HTTP)',
    ],
    [{ ROLLCALL_HTTP_OPEN: 'yes' }, 'httpOpen '],
    [{ ROLLCALL_STALE_AFTER: '-1s' }, 'staleAfter is not a duration'],
    [{ ROLLCALL_PBX: 'a=ami://u:s@h nonsense' }, 'number 2 of ROLLCALL_PBX is not NAME=URL'],
    [{ ROLLCALL_CONFIG: '/nowhere/rollcall.yaml' }, 'the config file /nowhere/rollcall.yaml cannot be read: ENOENT'],
  ])('in the environment: %j', (env, line) => {
    expect(refusal({}, env)).toContain(`SETTINGS_WRONG: ${line}`);
    const [variable = ''] = Object.keys(env);
    if (variable !== 'ROLLCALL_CONFIG') expect(refusal({}, env)).toContain(variable);
  });

  test.each<[string[], string, number]>([
    [['data: here', 'http: nowhere'], 'http is not HOST:PORT', 2],
    [['', '', 'staleAfter: 15'], 'staleAfter is not a duration: write', 3],
    [['auditEvery: 15'], 'auditEvery is not a duration: write', 1],
    [['retain: month'], 'retain is not a duration: write', 1],
    [['retain: 3'], 'retain is not a duration: write', 1],
    [['retain: 3s'], 'retain is less than 1m', 1],
    [['retainSize: lots'], 'retainSize is not a size: write', 1],
    [['retainSize: 5'], 'retainSize is not a size: write', 1],
    [['data:'], 'data ', 1],
    [['httpOpen: maybe'], 'httpOpen ', 1],
    [['variables: [A, 5]'], 'variables.1 ', 1],
    [['data: x', 'colour: red'], 'settings Unrecognized key: "colour"', 2],
    [['pbx:', '  a:', '    url: ami://u:s@h', '    colour: red'], 'pbx.a Unrecognized key: "colour"', 4],
    [['pbx:', '  a:', '    secretFile: x'], 'pbx.a.url ', 2],
    [['pbx:', '  - ami://u:s@h'], 'pbx ', 1],
    [['pbx:', '  a: ami://u:s@h'], 'pbx.a ', 2],
    [['pbx:', '  "a/b": { url: "ami://u:s@h" }'], 'pbx is no PBX name', 2],
    [
      [
        'pbx:',
        '  a: { url: "ami://u:s@h", hosts: [x.example, X.example] }',
        '  b: { url: "ami://u:s@i", hosts: [X.EXAMPLE] }',
      ],
      'pbx.b.hosts.0 is a host name of a already',
      3,
    ],
  ])('in the file, by its line: %j', (lines, what, line) => {
    const path = config(...lines);
    const said = refusal({ config: path });
    expect(said).toContain(`SETTINGS_WRONG: ${what}`);
    expect(said).toContain(`${path} line ${line})`);
  });

  test.each<[string[], string]>([
    [['data: "open'], 'line 1: '],
    [['data: a', 'data: b'], 'line 2: '],
    [['data: x', '\tlogLevel: info'], 'line 2: '],
    [['- data'], 'line 1: the config file is a list of "name: value" lines'],
    [['just text'], 'line 1: the config file is a list of "name: value" lines'],
    [['data: *nowhere'], 'line 1: '],
    [['\0\x01\x02'], 'line 1: '],
  ])('a file that is no YAML map: %j', (lines, what) => {
    const path = config(...lines);
    expect(refusal({ config: path })).toContain(`SETTINGS_WRONG: ${path} ${what}`);
  });

  test('a file that unfolds without end is refused', () => {
    const path = config(
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map(
        (name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[n]}`)}]`,
      ),
    );
    expect(refusal({ config: path })).toContain(`SETTINGS_WRONG: ${path}`);
  });

  test('a directory in place of the file', () => {
    expect(refusal({ config: dir })).toMatch(/SETTINGS_WRONG: the config file .* cannot be read: EISDIR/);
  });

  test('all of them at once, each with its own place', () => {
    const said = refusal({ config: config('staleAfter: soon'), logLevel: 'loud' }, { ROLLCALL_HTTP: 'nowhere' });
    expect(said).toMatch(/http .*ROLLCALL_HTTP\).*staleAfter .*line 1\).*logLevel .*command line\)/);
  });
});

describe('a secret is never repeated', () => {
  const S = 'hunter2';
  test.each<[string, Flags]>([
    ['no name at all', { pbx: [`ami://user:${S}@host`] }],
    ['no name, but a query with =', { pbx: [`ari+http://user:${S}@host?app=x`] }],
    ['no name, but a secret with =', { pbx: [`ami://user:${S}==@host`] }],
    ['given twice', { pbx: [`a=ami://user:${S}@host`, `a=ami://user:${S}@host`] }],
    ['much too long', { pbx: [`a=ami://user:${S}${'x'.repeat(3_000)}@host`] }],
  ])('on the command line: %s', (_, flags) => {
    expect(refusal(flags)).not.toContain(S);
    const env = { ROLLCALL_PBX: flags.pbx?.join(' ') };
    expect(refusal({}, env)).not.toContain(S);
  });
  test.each<[string, string[]]>([
    ['as a name', ['pbx:', `  ami://user:${S}@host:`, '    url: x']],
    ['as a list', ['pbx:', `  - a=ami://user:${S}@host`]],
    ['as a text', [`pbx: ami://user:${S}@host`]],
    ['in broken YAML', ['pbx:', '  a:', `    url: "ami://user:${S}@host`]],
    ['behind a wrong level', ['pbx:', '  a:', `    url: ami://user:${S}@host`, `   secret: ${S}`]],
    ['as a name that YAML refers to', ['pbx:', '  a:', `    url: *${S}`]],
    ['as a tag', ['pbx:', '  a:', `    url: !${S} x`, '    colour: red']],
    ['twice', ['pbx:', `  ami://user:${S}@host: { url: x }`, `  ami://user:${S}@host: { url: x }`]],
  ])('in the file: %s', (_, lines) => {
    expect(refusal({ config: config(...lines) })).not.toContain(S);
  });
});
