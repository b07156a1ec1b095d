import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingReport } from '@rollcall/asterisk';
import type { Channel } from '@rollcall/channel';
import type { IngestCounters } from '@rollcall/ingest';
import { rollcall } from '../support/rollcall-process.ts';

const dirs: string[] = [];

export const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-bad-input-'));
  dirs.push(dir);
  return dir;
};

export const removeDirs = (): void => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
};

export type ImportedByUser = {
  code: number;
  err: string;
  said: { live: number; counters: IngestCounters; report: RecordingReport };
};

/** Writes `bytes` into a file and runs `rollcall import` on it. */
export const importAsUser = async (
  data: string,
  bytes: Buffer,
  source: 'ami' | 'ari' = 'ami',
): Promise<ImportedByUser> => {
  const file = join(newDir(), 'feed');
  writeFileSync(file, bytes);
  const { code, out, err } = await rollcall('import', '--pbx', 'pbx', `--${source}`, file, '--data', data, '--json');
  return { code, err, said: out ? JSON.parse(out) : undefined };
};

/** `rollcall channels --json`. After an import they are stale, and listed. */
export const listAsUser = async (data: string): Promise<Channel[]> => {
  const { code, out, err } = await rollcall('channels', '--data', data, '--json');
  if (code !== 0) throw new Error(`channels ended with ${code}: ${err}`);
  return JSON.parse(out);
};

/** `rollcall verify`: 0 equal, 1 different, 2 could not be checked. */
export const verifyAsUser = async (data: string): Promise<number> => (await rollcall('verify', '--data', data)).code;
