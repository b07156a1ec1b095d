import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'vitest';

const mounts: string[] = [];

/** In CI nothing is skipped: what cannot be mounted there fails. */
const mountOrSkip = (context: TestContext, dir: string, ...commands: string[][]): void => {
  mkdirSync(dir, { recursive: true });
  try {
    for (const args of commands) {
      execFileSync('mount', args, { stdio: 'pipe' });
      if (!mounts.includes(dir)) mounts.push(dir);
    }
  } catch (error) {
    if (process.env.CI) throw error;
    console.error(`NOT TESTED, mounting takes root: ${context.task.name}`);
    context.skip('mounting takes root');
  }
};

/** A disk of its own, of that many KiB, at `dir`. */
export const mountSmallDisk = (context: TestContext, dir: string, size: number): void =>
  mountOrSkip(context, dir, ['-t', 'tmpfs', '-o', `size=${size}k`, 'none', dir]);

export const resizeDisk = (dir: string, size: number): void => {
  execFileSync('mount', ['-o', `remount,size=${size}k`, dir]);
};

/** Shows `dir` at `view`, where nothing can be written, not even by root. */
export const mountReadOnly = (context: TestContext, dir: string, view: string): void =>
  mountOrSkip(context, view, ['--bind', dir, view], ['-o', 'remount,ro,bind', view]);

export const unmountAll = (): void => {
  for (const dir of mounts.splice(0).reverse()) execFileSync('umount', [dir]);
};
