import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { systemWorld } from '@rollcall/clock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { administer, type Identity, openAccess } from './index.ts';
import { cheapPasswords, standingClock, tempDir } from './testing/world.ts';
import { usersPath } from './users-file.ts';

const PASSWORD = 'correct horse battery';
const SECRET = 'ami-secret-of-alice';
const HERE = '192.0.2.1';
const REFUSED = { code: 'NOT_LOGGED_IN' };
const LATER = { code: 'TOO_MANY_ATTEMPTS' };

/** Whether this process has as many files open as it may. */
let isFull = false;
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const readFileSync = (path: string, encoding: 'utf8'): string => {
    if (isFull) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    return fs.readFileSync(path, encoding);
  };
  return { ...fs, readFileSync };
});

let place: ReturnType<typeof tempDir>;
beforeEach(() => {
  place = tempDir();
});
afterEach(() => place.remove());

const setUp = () => {
  const clock = standingClock();
  const { random } = systemWorld;
  let checks = 0;
  const cheap = cheapPasswords();
  const passwords: typeof cheap = {
    ...cheap,
    matches: (...args) => {
      checks++;
      return cheap.matches(...args);
    },
  };
  const warnings: string[] = [];
  const open = () => openAccess({ dir: place.dir, clock, random, passwords, warn: (line) => void warnings.push(line) });
  const admin = administer(place.dir, { clock, random }, passwords);
  const alice = (more: object = {}) => admin.addUser({ name: 'alice', role: 'read', password: PASSWORD, ...more });
  return { clock, open, admin, alice, warnings, checks: () => checks };
};

const key = (challenge: string, secret: string) => createHash('md5').update(`${challenge}${secret}`).digest('hex');

describe('passwords', () => {
  test('who has the right one is who he is, with what he may', async () => {
    const { open, alice, admin } = setUp();
    await alice({ pbxs: ['pbx-a'] });
    await admin.addUser({ name: 'bob', role: 'operate', password: `${PASSWORD}!` });
    const access = open();
    expect(await access.password('alice', PASSWORD, HERE)).toEqual({ name: 'alice', role: 'read', pbxs: ['pbx-a'] });
    expect(await access.password('bob', `${PASSWORD}!`, HERE)).toEqual({ name: 'bob', role: 'operate' });
  });
  test.each([
    ['alice', 'wrong'],
    ['alice', ''],
    ['alice', `${PASSWORD}x`],
    ['Alice', PASSWORD],
    ['nobody', PASSWORD],
    ['tokens-only', PASSWORD],
    ['__proto__', PASSWORD],
    ['', ''],
  ])('%s with %s is refused, in the same words and after the same work', async (user, password) => {
    const { open, alice, admin, checks } = setUp();
    await alice();
    await admin.addUser({ name: 'tokens-only', role: 'read' });
    const before = checks();
    const refused: unknown = await open()
      .password(user, password, HERE)
      .catch((error) => error);
    expect(refused).toMatchObject({ ...REFUSED, message: 'The login that was shown is not known here.' });
    expect(checks() - before).toBe(1);
  });
  test('the same one is checked once a minute, and once where many ask at the same time', async () => {
    const { open, alice, clock, checks } = setUp();
    await alice();
    const access = open();
    const all = Array.from({ length: 50 }, () => access.password('alice', PASSWORD, HERE));
    expect(new Set(await Promise.all(all)).size).toBe(1);
    expect(checks()).toBe(1);
    clock.advance(59_999);
    await access.password('alice', PASSWORD, HERE);
    expect(checks()).toBe(1);
    clock.advance(1);
    await access.password('alice', PASSWORD, HERE);
    expect(checks()).toBe(2);
  });
  test('a wrong one is checked each time', async () => {
    const { open, alice, checks } = setUp();
    await alice();
    const access = open();
    for (let n = 0; n < 3; n++) await expect(access.password('alice', 'wrong', HERE)).rejects.toMatchObject(REFUSED);
    expect(checks()).toBe(3);
  });
  test('after ten failures of one address even the right one has to wait there, and nowhere else', async () => {
    const { open, alice, clock, checks } = setUp();
    await alice();
    const access = open();
    await access.password('alice', PASSWORD, HERE);
    const guesses = Array.from({ length: 30 }, (_, n) => access.password('alice', `guess ${n}`, HERE));
    const outcomes = await Promise.allSettled(guesses);
    const codes = outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'in'));
    expect(codes.filter((code) => code === 'NOT_LOGGED_IN')).toHaveLength(10);
    expect(codes.filter((code) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(20);
    expect(checks()).toBe(11);
    await expect(access.password('alice', PASSWORD, HERE)).rejects.toMatchObject({ ...LATER, retryAfter: 1 });
    expect(await access.password('alice', PASSWORD, '192.0.2.2')).toMatchObject({ name: 'alice' });
    clock.advance(1_000);
    expect(await access.password('alice', PASSWORD, HERE)).toMatchObject({ name: 'alice' });
  });
  test('many users of one address are let in at once, as behind one NAT in the morning', async () => {
    const { open, admin } = setUp();
    const names = Array.from({ length: 30 }, (_, n) => `agent-${n}`);
    for (const name of names) await admin.addUser({ name, role: 'read', password: `${PASSWORD} ${name}` });
    const access = open();
    const all = await Promise.all(names.map((name) => access.password(name, `${PASSWORD} ${name}`, HERE)));
    expect(all.map(({ name }) => name)).toEqual(names);
  });
});

describe('tokens', () => {
  test('one is good until it is revoked or expires, and has the role that it was given', async () => {
    const { open, admin, clock } = setUp();
    await admin.addUser({ name: 'bob', role: 'operate' });
    const { token } = admin.addToken('bob', {});
    const reader = admin.addToken('bob', { role: 'read', expires: clock.now() + 60_000, note: 'dashboard' });
    const access = open();
    expect(await access.token(token, HERE)).toEqual({ name: 'bob', role: 'operate' });
    expect(await access.token(reader.token, HERE)).toEqual({ name: 'bob', role: 'read' });
    clock.advance(60_000);
    await expect(access.token(reader.token, HERE)).rejects.toMatchObject(REFUSED);
    const [first] = admin.users()[0]?.tokens ?? [];
    admin.revokeToken(first?.id ?? '');
    clock.advance(250);
    await expect(access.token(token, HERE)).rejects.toMatchObject(REFUSED);
  });
  test('nothing that is kept or listed logs in', async () => {
    const { open, admin } = setUp();
    await admin.addUser({ name: 'bob', role: 'read' });
    const { token } = admin.addToken('bob', {});
    const file = readFileSync(usersPath(place.dir), 'utf8');
    expect(file).not.toContain(token.slice(3));
    expect(JSON.stringify(admin.users())).not.toMatch(/[0-9a-f]{32}/);
    const access = open();
    for (const shown of ['', 'rc_', token.slice(0, -1), `${token}0`, ...(file.match(/[0-9a-f]{8,}/g) ?? [])]) {
      await expect(access.token(shown, HERE)).rejects.toMatchObject(REFUSED);
    }
  });
  test('a right one is let in although others at its address fail', async () => {
    const { open, admin } = setUp();
    await admin.addUser({ name: 'bob', role: 'read' });
    const { token } = admin.addToken('bob', {});
    const access = open();
    for (let n = 0; n < 10; n++) await expect(access.token(`rc_${n}`, HERE)).rejects.toMatchObject(REFUSED);
    await expect(access.token('rc_x', HERE)).rejects.toMatchObject(LATER);
    expect(await access.token(token, HERE)).toMatchObject({ name: 'bob' });
  });
});

describe('AMI', () => {
  test('the secret logs in as it is and by challenge; the password does not', async () => {
    const { open, alice } = setUp();
    await alice({ amiSecret: SECRET });
    const access = open();
    const identity = { name: 'alice', role: 'read' };
    expect(await access.ami({ user: 'alice', secret: SECRET }, HERE)).toEqual(identity);
    const challenge = '123456789';
    expect(await access.ami({ user: 'alice', challenge, key: key(challenge, SECRET) }, HERE)).toEqual(identity);
    expect(await access.ami({ user: 'alice', challenge, key: key(challenge, SECRET).toUpperCase() }, HERE)).toEqual(
      identity,
    );
    for (const wrong of [
      { user: 'alice', secret: PASSWORD },
      { user: 'alice', secret: '' },
      { user: 'alice', challenge, key: key('987654321', SECRET) },
      { user: 'alice', challenge, key: '' },
      { user: 'nobody', secret: SECRET },
    ]) {
      await expect(access.ami(wrong, HERE)).rejects.toMatchObject(REFUSED);
    }
    await expect(access.password('alice', SECRET, HERE)).rejects.toMatchObject(REFUSED);
  });
  test('without users anybody reads from loopback, and from nowhere else', async () => {
    const access = setUp().open();
    const shown = { user: 'any', secret: 'thing' };
    expect(await access.ami(shown, '127.0.0.1')).toEqual({ name: 'any', role: 'read' });
    expect(await access.ami(shown, '::1')).toEqual({ name: 'any', role: 'read' });
    await expect(access.ami(shown, '192.0.2.1')).rejects.toMatchObject(REFUSED);
  });
  test('failures count together with those of HTTP', async () => {
    const { open, alice } = setUp();
    await alice({ amiSecret: SECRET });
    const access = open();
    for (let n = 0; n < 5; n++) {
      await expect(access.ami({ user: 'alice', secret: `${n}` }, HERE)).rejects.toMatchObject(REFUSED);
      await expect(access.password('alice', `${n}`, HERE)).rejects.toMatchObject(REFUSED);
    }
    await expect(access.ami({ user: 'alice', secret: SECRET }, HERE)).rejects.toMatchObject(LATER);
  });
});

describe('while it runs', () => {
  test('the first user that is added has logins asked for; revoking the last leaves them asked for', async () => {
    const { open, alice, admin, clock } = setUp();
    const access = open();
    expect(access.anyUsers()).toBe(false);
    await alice();
    clock.advance(250);
    expect(access.anyUsers()).toBe(true);
    admin.revokeUser('alice');
    clock.advance(250);
    expect(access.anyUsers()).toBe(true);
    rmSync(usersPath(place.dir));
    clock.advance(250);
    expect(access.anyUsers()).toBe(false);
  });
  test('who was checked a moment ago is out as soon as he is revoked, or his password is another', async () => {
    const { open, alice, admin, clock } = setUp();
    await alice();
    const access = open();
    const identity = await access.password('alice', PASSWORD, HERE);
    expect(access.holds(identity)).toBe(true);
    await admin.setPassword('alice', 'another horse battery');
    clock.advance(250);
    expect(access.holds(identity)).toBe(false);
    await expect(access.password('alice', PASSWORD, HERE)).rejects.toMatchObject(REFUSED);
    const again = await access.password('alice', 'another horse battery', HERE);
    admin.revokeUser('alice');
    clock.advance(250);
    expect(access.holds(again)).toBe(false);
  });
  test('what came in by token or AMI secret holds as long as that does', async () => {
    const { open, alice, admin, clock } = setUp();
    await alice({ amiSecret: SECRET });
    const { token, id } = admin.addToken('alice', { expires: clock.now() + 60_000 });
    const access = open();
    const held: Identity[] = [
      await access.token(token, HERE),
      await access.ami({ user: 'alice', secret: SECRET }, HERE),
    ];
    const holding = () => held.map(access.holds);
    expect(holding()).toEqual([true, true]);
    admin.setAmiSecret('alice', undefined);
    clock.advance(250);
    expect(holding()).toEqual([true, false]);
    clock.advance(60_000);
    expect(holding()).toEqual([false, false]);
    admin.revokeToken(id);
    expect(access.holds({ name: 'alice', role: 'read' })).toBe(false);
  });
  test('a file that became unreadable changes nothing, and is warned of once', async () => {
    const { open, alice, clock, warnings } = setUp();
    await alice();
    const access = open();
    writeFileSync(usersPath(place.dir), '{');
    for (let n = 0; n < 3; n++) {
      clock.advance(250);
      expect(access.anyUsers()).toBe(true);
    }
    expect(await access.password('alice', PASSWORD, HERE)).toMatchObject({ name: 'alice' });
    expect(warnings).toEqual([expect.stringContaining('USERS_DAMAGED')]);
  });
  test('who is revoked while no file can be opened is out as soon as one can', async () => {
    const { open, alice, admin, clock, warnings } = setUp();
    await alice();
    const access = open();
    const identity = await access.password('alice', PASSWORD, HERE);
    admin.revokeUser('alice');
    isFull = true;
    for (let n = 0; n < 3; n++) {
      clock.advance(250);
      expect(access.holds(identity)).toBe(true);
    }
    isFull = false;
    clock.advance(250);
    expect(access.holds(identity)).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('EMFILE')]);
  });
  test('a file that is a link to itself stops nobody who looks', async () => {
    const { open, alice, clock, warnings } = setUp();
    await alice();
    const access = open();
    rmSync(usersPath(place.dir));
    symlinkSync(usersPath(place.dir), usersPath(place.dir));
    clock.advance(250);
    expect(access.anyUsers()).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('ELOOP')]);
  });
  test('a file that others may read is warned of', async () => {
    const { open, alice, warnings } = setUp();
    await alice();
    chmodSync(usersPath(place.dir), 0o644);
    open();
    expect(warnings).toEqual([expect.stringContaining('chmod 600')]);
  });
});

describe('administering', () => {
  test('lists show no secret, and say what each user has', async () => {
    const { alice, admin } = setUp();
    await alice({ amiSecret: SECRET, pbxs: ['pbx-a'] });
    admin.addToken('alice', { note: 'wallboard' });
    const shown = admin.users();
    expect(shown).toEqual([
      {
        ...{ name: 'alice', role: 'read', pbxs: ['pbx-a'], created: '2026-11-22T00:00:00.000Z' },
        ...{ password: true, ami: true },
        tokens: [{ id: expect.stringMatching(/^[0-9a-f]{8}$/), created: expect.any(String), note: 'wallboard' }],
      },
    ]);
    expect(JSON.stringify(shown)).not.toContain(SECRET);
  });
  test.each<[string, object, string]>([
    ['a name that is none', { name: 'a b' }, 'USER_WRONG'],
    ['a colon in the name', { name: 'a:b' }, 'USER_WRONG'],
    ['a short password', { password: 'short' }, 'PASSWORD_WRONG'],
    ['an AMI secret with a line end', { amiSecret: 'secret-secret\r\n' }, 'USER_WRONG'],
    ['an operator bound to PBXs', { role: 'operate', pbxs: ['a'] }, 'USER_WRONG'],
    ['one that is there', { name: 'bob' }, 'USER_EXISTS'],
  ])('%s is refused, and nobody is added', async (_, more, code) => {
    const { alice, admin } = setUp();
    await admin.addUser({ name: 'bob', role: 'read' });
    await expect(alice(more)).rejects.toMatchObject({ code });
    expect(admin.users().map(({ name }) => name)).toEqual(['bob']);
  });
  test('a token may not do more than its user', async () => {
    const { alice, admin } = setUp();
    await alice();
    expect(() => admin.addToken('alice', { role: 'operate' })).toThrow(expect.objectContaining({ code: 'USER_WRONG' }));
  });
  test('who or what there is not', async () => {
    const { admin } = setUp();
    expect(() => admin.revokeUser('nobody')).toThrow(expect.objectContaining({ code: 'USER_UNKNOWN' }));
    expect(() => admin.addToken('nobody', {})).toThrow(expect.objectContaining({ code: 'USER_UNKNOWN' }));
    expect(() => admin.revokeToken('00000000')).toThrow(expect.objectContaining({ code: 'TOKEN_UNKNOWN' }));
    await expect(admin.setPassword('nobody', PASSWORD)).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
  });
});
