import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '@rollcall/clock';
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../embedded-log.ts';
import { killOtherProcesses } from './other-process.ts';

/** For tests: opens logs in directories of their own; afterwards closes and removes them, and ends other processes. */
export const logsUnderTest = () => {
  const dirs: string[] = [];
  const logs: EmbeddedLog[] = [];
  const close = async (): Promise<void> => {
    for (const log of logs.splice(0)) await log.close();
  };
  return {
    newDir: (): string => {
      const dir = mkdtempSync(join(tmpdir(), 'event-log-'));
      dirs.push(dir);
      return dir;
    },
    open: (dir: string, options: Partial<EmbeddedLogOptions> = {}): EmbeddedLog => {
      const log = openEmbeddedLog({ dir, world: systemWorld, ...options });
      logs.push(log);
      return log;
    },
    close,
    cleanup: async (): Promise<void> => {
      killOtherProcesses();
      await close();
      for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
    },
  };
};
