// Makes the package for downstream services: plain JavaScript with types, which needs kafkajs and zod and nothing else of Rollcall.
//
//   npm run pack -w libs/projection-topic            dist/rollcall-channel-view-VERSION.tgz
//   node build/pack.ts DIRECTORY                     DIRECTORY/rollcall-channel-view-VERSION.tgz
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { copyInto, copySources } from './sources.ts';

const here = join(import.meta.dirname, '..');
const root = join(here, '../..');
const target = resolve(process.argv[2] ?? join(here, 'dist'));
const entry = 'projection-topic/src/client';

// Below this package, so that the compiler finds what it needs of others.
mkdirSync(join(here, 'dist'), { recursive: true });
const work = mkdtempSync(join(here, 'dist/packing-'));
try {
  const [sources, packed] = [join(work, 'sources'), join(work, 'package')];
  const others = copySources(join(here, 'src/client.ts'), sources);
  compile(sources, packed);
  writeFileSync(join(packed, 'package.json'), `${JSON.stringify(manifest(others), undefined, 2)}\n`);
  copyInto(packed, [join(here, 'README.md'), join(here, 'schemas'), join(here, 'examples'), join(root, 'LICENSE')]);
  mkdirSync(target, { recursive: true });
  const file = execFileSync('npm', ['pack', packed, '--silent', '--pack-destination', target], { encoding: 'utf8' });
  console.log(join(target, file.trim()));
} finally {
  rmSync(work, { recursive: true });
}

function compile(sources: string, packed: string): void {
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      target: 'es2022',
      rewriteRelativeImportExtensions: true,
      noEmit: false,
      declaration: true,
      rootDir: sources,
      outDir: packed,
    },
    include: [sources],
  };
  const file = join(work, 'tsconfig.json');
  writeFileSync(file, JSON.stringify(config));
  execFileSync('tsc', ['-p', file], { stdio: ['ignore', 2, 2] });
  // The compiler turns the imports of the code to .js, and leaves those of the types.
  for (const name of readdirSync(packed, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const types = readFileSync(join(packed, name), 'utf8');
    writeFileSync(join(packed, name), types.replace(/(\bfrom '\.[^']*)\.ts'/g, "$1.js'"));
  }
}

function manifest(others: ReadonlySet<string>): object {
  const { version, dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  return {
    name: '@rollcall/channel-view',
    version,
    description: 'The live channels of Asterisk PBXs, as Rollcall publishes them on Kafka, in memory',
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=20.3' },
    exports: { '.': { types: `./${entry}.d.ts`, default: `./${entry}.js` }, './schemas/*': './schemas/*' },
    dependencies: Object.fromEntries([...others].sort().map((name) => [name, dependencies[name]])),
  };
}
