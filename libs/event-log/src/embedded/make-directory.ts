import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory (mode 0700) and those above it that are missing; one that is there is left as it is.
 * One by one: where nothing can be made and the system says ENOENT (/proc, some automounters), Node never ends making all of them at once.
 * @throws the system's error, by whose code the caller says what is wrong
 */
export const makeDirectory = (dir: string): void => {
  const parent = dirname(resolve(dir));
  if (!isDirectory(parent)) makeDirectory(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    if (!isDirectory(dir)) throw error;
  }
};

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
