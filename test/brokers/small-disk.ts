import { execFile } from 'node:child_process';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SmallDisk {
  readonly directory: string;
  /** Makes it larger while it is in use. */
  grow(mebibytes: number): Promise<void>;
  /** Who still has it open keeps it until then. */
  remove(): Promise<void>;
}

/** Only root on Linux may mount one. */
export const canMount = process.platform === 'linux' && process.getuid?.() === 0;

/** A disk of that size, in memory: to fill. A test process that is killed before `remove` leaves it mounted. */
export async function mountSmallDisk(mebibytes: number): Promise<SmallDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-disk-'));
  const run = async (program: string, ...args: readonly string[]) => void (await promisify(execFile)(program, args));
  await run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'rollcall', directory);
  return {
    directory,
    grow: (to) => run('mount', '-o', `remount,size=${to}m`, directory),
    remove: async () => {
      await run('umount', '--lazy', directory);
      await rmdir(directory);
    },
  };
}
