import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const LIBS = join(import.meta.dirname, '../..');
const FROM = /(\bfrom ')([^']+)(';)/g;

/** Where the source of an import stands; undefined for what is not Rollcall's own. */
const sourceOf = (specifier: string, importer: string): string | undefined => {
  if (specifier.startsWith('.')) return join(dirname(importer), specifier);
  const [scope, name = ''] = specifier.split('/');
  return scope === '@rollcall' ? join(LIBS, name, 'src/index.ts') : undefined;
};

/**
 * Copies `entry` and everything of Rollcall that it imports to `directory`, in the folders of libs, with each import of another package
 * of Rollcall turned into a path. Returns the packages of others that are imported.
 */
export const copySources = (entry: string, directory: string): Set<string> => {
  const others = new Set<string>();
  const seen = new Set<string>();
  const copy = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8').replace(FROM, (whole, before, specifier, after) => {
      const source = sourceOf(specifier, file);
      if (source) copy(source);
      else if (!specifier.startsWith('node:')) others.add(specifier);
      if (!source || specifier.startsWith('.')) return whole;
      const path = relative(dirname(file), source);
      return `${before}${path.startsWith('.') ? path : `./${path}`}${after}`;
    });
    const target = join(directory, relative(LIBS, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    // Imported for what it does; no name comes from it.
    for (const [, specifier = ''] of text.matchAll(/^import '(\.[^']+)';/gm)) copy(join(dirname(file), specifier));
  };
  copy(entry);
  return others;
};

export const copyInto = (directory: string, paths: readonly string[]): void => {
  for (const path of paths) cpSync(path, join(directory, path.split('/').at(-1) ?? ''), { recursive: true });
};
