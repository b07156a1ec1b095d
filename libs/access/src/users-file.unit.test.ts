import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { systemWorld } from '@rollcall/clock';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tempDir } from './testing/world.ts';
import { changeUsers, readUsers, usersPath } from './users-file.ts';

const { clock } = systemWorld;
const ALICE = { name: 'alice', role: 'read', created: '2026-11-22T00:00:00.000Z' };

let place: ReturnType<typeof tempDir>;
beforeEach(() => {
  place = tempDir();
});
afterEach(() => place.remove());

const write = (content: unknown): void =>
  writeFileSync(usersPath(place.dir), typeof content === 'string' ? content : JSON.stringify(content));
const add = (name: string): void =>
  changeUsers(place.dir, clock, ({ users }) => void users.push({ ...ALICE, name, role: 'read', tokens: [] }));

test('it is for its owner alone, whole, and leaves nothing beside it', () => {
  expect(readUsers(place.dir)).toBeUndefined();
  add('alice');
  add('bob');
  expect(readUsers(place.dir)?.users.map(({ name }) => name)).toEqual(['alice', 'bob']);
  expect(statSync(usersPath(place.dir)).mode & 0o777).toBe(0o600);
  expect(existsSync(`${usersPath(place.dir)}.new`)).toBe(false);
});

test('a change that goes wrong changes nothing', () => {
  add('alice');
  const before = readFileSync(usersPath(place.dir), 'utf8');
  expect(() => add('no name')).toThrow();
  expect(() =>
    changeUsers(place.dir, clock, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(readFileSync(usersPath(place.dir), 'utf8')).toBe(before);
  add('bob');
});

test('one command at a time changes it; what a crashed one left does not stand in the way', () => {
  const beside = `${usersPath(place.dir)}.new`;
  writeFileSync(beside, '{');
  expect(() => add('alice')).toThrow(expect.objectContaining({ code: 'USERS_BUSY' }));
  const past = Date.now() / 1_000 - 11;
  utimesSync(beside, past, past);
  add('alice');
  expect(readUsers(place.dir)?.users).toHaveLength(1);
});

describe('a file that is wrong is refused with the place, and never with what stands there', () => {
  const password = { scheme: 'scrypt', cost: 65_536, blockSize: 8, parallelization: 2, salt: 'a'.repeat(32) };
  test.each<[string, unknown, string]>([
    ['no JSON', '{"users": hunter2hunter2', 'not JSON'],
    ['empty', '', 'not JSON'],
    ['another version', { version: 2, users: [] }, 'version'],
    ['a role that there is not', { version: 1, users: [{ ...ALICE, role: 'hunter2hunter2' }] }, 'users.0.role'],
    ['a field that there is not', { version: 1, users: [{ ...ALICE, pass: 'hunter2hunter2' }] }, 'users.0'],
    ['two of one name', { version: 1, users: [ALICE, ALICE] }, 'same name'],
    ['an operator bound to PBXs', { version: 1, users: [{ ...ALICE, role: 'operate', pbxs: ['a'] }] }, 'pbxs'],
    [
      'a hash that would cost too much',
      { version: 1, users: [{ ...ALICE, password: { ...password, cost: 2 ** 30, hash: 'b'.repeat(64) } }] },
      'users.0.password.cost',
    ],
    [
      'a hash that is none',
      { version: 1, users: [{ ...ALICE, password: { ...password, hash: 'hunter2hunter2' } }] },
      'users.0.password.hash',
    ],
  ])('%s', (_, content, named) => {
    write(content);
    expect(() => readUsers(place.dir)).toThrow(
      expect.objectContaining({ code: 'USERS_DAMAGED', message: expect.stringContaining(named) }),
    );
    expect(() => readUsers(place.dir)).not.toThrow(/hunter2/);
  });
});

test('a file that cannot be read is said', () => {
  mkdirSync(usersPath(place.dir));
  expect(() => readUsers(place.dir)).toThrow(expect.objectContaining({ code: 'USERS_UNREADABLE' }));
});
