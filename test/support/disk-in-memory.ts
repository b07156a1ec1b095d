import { accessSync, chmodSync, constants, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps a disk in memory. */
const MEMORY = '/dev/shm';
const NAME = /^rollcall-tests-(\d+)$/;
/** More than all tests have at any time. */
const ROOM = 4 * 2 ** 30;

/**
 * For the whole run: what tests make in the temporary directory is made in memory, where there is room. They kill processes, never the machine, so
 * nothing that a disk would keep is lost; but a test that appends event by event no longer waits for the disk thousands of times, and two that
 * run beside each other do not wait for each other's.
 */
export default function diskInMemory(): (() => void) | undefined {
  if (room() < ROOM) return undefined;
  removeLeftovers();
  const dir = join(MEMORY, `rollcall-tests-${process.pid}`);
  mkdirSync(dir);
  // Open to all, as /tmp is: some tests run what they test as another user.
  chmodSync(dir, 0o1777);
  // Inherited by the processes in which tests run, and by theirs.
  process.env.TMPDIR = dir;
  return () => remove(dir);
}

const room = (): number => {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
};

/** A run that was killed leaves its directory, and memory is dear. */
const removeLeftovers = (): void => {
  for (const name of readdirSync(MEMORY)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid && !isAlive(pid)) remove(join(MEMORY, name));
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Whatever a killed test has still mounted in it stays. */
const remove = (dir: string): void => {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {
    // The next run tries again.
  }
};
