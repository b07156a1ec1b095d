import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@rollcall/clock';
import { isRollcallError, RollcallError } from '@rollcall/errors';
import { lockDataDir } from '@rollcall/event-log';
import { z } from 'zod';

const runningSchema = z.object({
  pid: z.int(),
  /** Where it serves. */
  url: z.url(),
  /** ISO time. */
  since: z.string(),
});

/** A Rollcall that serves the list of a data directory. */
export type ServedAt = z.output<typeof runningSchema>;

const runningPath = (data: string): string => join(data, 'running.json');

/** Leaves in the data directory where its Rollcall serves, for commands of the same machine: whole, or not at all. */
export const announce = (data: string, { url, clock }: { url: string; clock: Clock }): void => {
  const running: ServedAt = { pid: process.pid, url, since: new Date(clock.now()).toISOString() };
  const path = runningPath(data);
  writeFileSync(`${path}.new`, `${JSON.stringify(running)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

/** By whoever holds the directory: at its end, and at its beginning what one that crashed has left. */
export const unannounce = (data: string): void => rmSync(runningPath(data), { force: true });

/**
 * The Rollcall that serves this directory's list; undefined where none does. What a crashed one left is not believed: it held the
 * directory as long as it lived.
 * @throws RollcallError DATA_DIR_UNREADABLE
 */
export const findRunning = (data: string, clock: Clock): ServedAt | undefined => {
  const path = runningPath(data);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new RollcallError(
      'DATA_DIR_UNREADABLE',
      `${path} cannot be read: ${error instanceof Error ? error.message : error}.`,
      'Run this as the user that Rollcall runs as.',
      { cause: error },
    );
  }
  const running = runningSchema.safeParse(parse(text));
  return running.success && isHeld(data, running.data.pid, clock) ? running.data : undefined;
};

/** Where the lock cannot be tried, since nobody may write there, the process tells whether it is still there. */
const isHeld = (data: string, pid: number, clock: Clock): boolean => {
  try {
    lockDataDir(data, clock).release();
    return false;
  } catch (error) {
    return isRollcallError(error, 'DATA_DIR_IN_USE') || isAlive(pid);
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process is one too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
