import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What each package may import of the others. Dependencies point inwards: services, then libs, then channel. */
const MAY_IMPORT: Record<string, string[]> = {
  channel: [],
  errors: [],
  clock: [],
  listing: ['channel'],
  'event-log': ['channel', 'clock', 'errors', 'kafka'],
  'state-cache': ['channel', 'errors'],
  projector: ['channel', 'errors', 'event-log', 'state-cache'],
  access: ['clock', 'errors'],
  kafka: ['clock', 'errors'],
  'projection-topic': ['channel', 'clock', 'errors', 'kafka', 'state-cache'],
  asterisk: ['channel', 'clock', 'errors'],
  ingest: ['asterisk', 'channel', 'clock', 'errors', 'event-log'],
  'projector-service': [
    'channel',
    'clock',
    'errors',
    'event-log',
    'kafka',
    'projection-topic',
    'projector',
    'state-cache',
  ],
  api: ['access', 'channel', 'clock', 'errors', 'event-log', 'listing', 'projector', 'state-cache'],
  cli: ['*'],
};

const IMPORT = /^\s*(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

type Source = { path: string; pkg: string; text: string; imports: string[] };

/** Folders of packages by the packages' names; libs/projector and services/projector are two. */
const FOLDERS = new Map(
  ['libs', 'services'].flatMap((layer) =>
    readdirSync(join(ROOT, layer)).map((folder): [string, string] => {
      const { name } = JSON.parse(readFileSync(join(ROOT, layer, folder, 'package.json'), 'utf8'));
      return [name.replace('@rollcall/', ''), join(layer, folder)];
    }),
  ),
);

const sources: Source[] = [...FOLDERS].flatMap(([pkg, folder]) =>
  readdirSync(join(ROOT, folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const path = join(ROOT, folder, 'src', file);
      const text = readFileSync(path, 'utf8');
      const imports = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
      return { path: relative(ROOT, path), pkg, text, imports };
    }),
);
const shipped = sources.filter(({ path }) => !path.endsWith('.test.ts') && !path.includes('/testing/'));

describe('dependencies point inwards', () => {
  test('every package is known here', () => {
    expect([...new Set(sources.map(({ pkg }) => pkg))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });
  test.each(Object.keys(MAY_IMPORT))('%s imports only what it may', (pkg) => {
    const may = MAY_IMPORT[pkg] ?? [];
    const wrong = shipped
      .filter((source) => source.pkg === pkg)
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => name.startsWith('@rollcall/'))
          .filter((name) => !may.includes('*') && !may.includes(name.split('/')[1] ?? ''))
          .map((name) => `${path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });
  test('channel imports nothing but zod', () => {
    const outside = shipped
      .filter(({ pkg }) => pkg === 'channel')
      .flatMap(({ path, imports }) =>
        imports.filter((name) => !name.startsWith('.')).map((name) => `${path}: ${name}`),
      );
    expect(outside.filter((line) => !line.endsWith(': zod'))).toEqual([]);
    expect(outside.length).toBeGreaterThan(0);
  });
  test('no package reaches into another one past what its exports name', () => {
    const reaching = sources.flatMap(({ path, imports }) =>
      imports.filter((name) => isReaching(name)).map((name) => `${path}: ${name}`),
    );
    expect(reaching).toEqual([]);
  });
  test.each([
    ['@rollcall/event-log', false],
    ['@rollcall/event-log/eventstore', false],
    ['@rollcall/event-log/eventstore/wire', true],
    ['@rollcall/event-log/embedded', true],
    ['@rollcall/channel/evolve', true],
    ['@rollcall/event-log/src/index.ts', true],
  ])('the check knows what %s is', (name, expected) => {
    expect(isReaching(name)).toBe(expected);
  });
});

describe('the core is pure', () => {
  const BANNED =
    /\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now|process\.hrtime|randomUUID|randomBytes)\b|\bnew Date\(\)/;
  const allowed = join('libs', 'clock', 'src', 'system.ts');
  test('nothing but the one module reads the time, draws chance or starts a timer', () => {
    const found = shipped.filter(({ path, text }) => path !== allowed && BANNED.test(withoutComments(text)));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
  test('the check sees what it bans', () => {
    expect(BANNED.test(withoutComments(sources.find(({ path }) => path === allowed)?.text ?? ''))).toBe(true);
  });
  test('channel, projector and listing do no input or output', () => {
    const io = shipped
      .filter(({ pkg }) => ['channel', 'projector', 'listing'].includes(pkg))
      .flatMap(({ path, imports }) =>
        imports.filter((name) => name.startsWith('node:')).map((name) => `${path}: ${name}`),
      );
    expect(io).toEqual([]);
  });
});

/** Whether an import goes past what the package's `exports` name. */
function isReaching(name: string): boolean {
  const [, pkg = '', subpath] = /^@rollcall\/([^/]+)(?:\/(.+))?$/.exec(name) ?? [];
  if (subpath === undefined) return false;
  const folder = FOLDERS.get(pkg);
  if (folder === undefined) return true;
  const { exports } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  return typeof exports !== 'object' || !Object.hasOwn(exports, `./${subpath}`);
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
