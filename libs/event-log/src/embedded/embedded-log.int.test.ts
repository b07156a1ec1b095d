import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '@rollcall/clock';
import { eventLogContract } from '../../../../test/contract/event-log.contract.ts';
import { type EmbeddedLog, openEmbeddedLog } from './embedded-log.ts';

const dirs: string[] = [];
const logs: EmbeddedLog[] = [];

const openIn = (dir: string): EmbeddedLog => {
  const log = openEmbeddedLog({ dir, world: systemWorld });
  logs.push(log);
  return log;
};

eventLogContract('embedded', {
  open: async () => {
    const dir = mkdtempSync(join(tmpdir(), 'event-log-'));
    dirs.push(dir);
    return openIn(dir);
  },
  reopen: async (log) => {
    const dir = dirs.at(-1);
    if (dir === undefined) throw new Error('nothing was opened');
    await log.close();
    return openIn(dir);
  },
  cleanup: async () => {
    for (const log of logs.splice(0)) await log.close();
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
  },
});
