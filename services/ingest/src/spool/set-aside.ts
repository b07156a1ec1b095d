import { existsSync, renameSync } from 'node:fs';
import type { Clock } from '@rollcall/clock';

/** Renames a file, and what SQLite keeps beside it, to a name that says since when nobody uses it; that name. */
export const setAside = (path: string, clock: Clock): string => {
  const aside = `${path}.damaged-${new Date(clock.now()).toISOString().replaceAll(':', '')}`;
  for (const suffix of ['-wal', '-shm', '-journal', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
};
