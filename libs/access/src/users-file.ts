import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@rollcall/clock';
import { RollcallError } from '@rollcall/errors';
import { type Users, usersSchema } from './users.ts';

export const usersPath = (dir: string): string => join(dir, 'users.json');

/** Longer than any command takes to write the file: who holds it so long has crashed. */
const HELD_MS = 10_000;

/**
 * The users of a data directory; undefined where there is no such file.
 * @throws RollcallError USERS_UNREADABLE, USERS_DAMAGED, naming the place, and never what stands there
 */
export const readUsers = (dir: string): Users | undefined => {
  const path = usersPath(dir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON');
  }
  const users = usersSchema.safeParse(json);
  if (users.success) return users.data;
  const issue = users.error.issues[0];
  throw damaged(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
};

/**
 * Changes the users: nobody else changes them meanwhile, and the file is whole at any moment. Only its owner can read it.
 * @throws RollcallError what `change` throws, those of readUsers, USERS_BUSY, USERS_NOT_SAVED
 */
export const changeUsers = <Result>(dir: string, clock: Clock, change: (users: Users) => Result): Result => {
  const path = usersPath(dir);
  const beside = `${path}.new`;
  const file = take(beside, path, clock);
  try {
    const users = readUsers(dir) ?? { version: 1, users: [] };
    const result = change(users);
    write(file, `${JSON.stringify(usersSchema.parse(users), null, 2)}\n`, path);
    renameSync(beside, path);
    return result;
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
};

/** The new file itself is the lock: it is there as long as somebody writes it. */
const take = (beside: string, path: string, clock: Clock): number => {
  try {
    return openSync(beside, 'wx', 0o600);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw notSaved(path, error);
  }
  const since = statSync(beside, { throwIfNoEntry: false })?.mtimeMs;
  if (since !== undefined && clock.now() - since < HELD_MS) {
    throw new RollcallError(
      'USERS_BUSY',
      `${path} is being changed by another command.`,
      'Run this again in a moment.',
    );
  }
  rmSync(beside, { force: true });
  return openSync(beside, 'wx', 0o600);
};

const write = (file: number, text: string, path: string): void => {
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (error) {
    throw notSaved(path, error);
  }
};

/** What tells that the file is another than before; undefined where there is none. */
export const stampOf = (dir: string): string | undefined => {
  const stats = statSync(usersPath(dir), { throwIfNoEntry: false, bigint: true });
  return stats && `${stats.ino}/${stats.size}/${stats.mtimeNs}/${stats.ctimeNs}`;
};

/** Whether others on this machine may read it. */
export const isOpenToOthers = (dir: string): boolean =>
  ((statSync(usersPath(dir), { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0;

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const unreadable = (path: string, error: unknown) =>
  new RollcallError(
    'USERS_UNREADABLE',
    `${path} cannot be read: ${codeOf(error) ?? error}.`,
    'Run this as the user that Rollcall runs as.',
  );

const damaged = (path: string, why: string) =>
  new RollcallError('USERS_DAMAGED', `${path} is not as "rollcall user" writes it: ${why}.`, 'Mend that place.');

const notSaved = (path: string, error: unknown) =>
  new RollcallError(
    'USERS_NOT_SAVED',
    `${path} cannot be written: ${codeOf(error) ?? error}.`,
    'Check that the data directory is there, its owner, and the room on the disk. Nothing was changed.',
  );
