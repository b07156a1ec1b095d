import { systemWorld } from '@rollcall/clock';
import { expect, test, vi } from 'vitest';
import { checkPassword, createPasswords } from './password.ts';
import { cheapPasswords } from './testing/world.ts';

const { scrypted } = vi.hoisted(() => ({ scrypted: { calls: [] as unknown[][], running: 0, most: 0 } }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    scrypt: (...args: Parameters<typeof crypto.scrypt>) => {
      scrypted.calls.push([args[2], args[3]]);
      scrypted.running++;
      scrypted.most = Math.max(scrypted.most, scrypted.running);
      const [password, salt, length, options, done] = args;
      crypto.scrypt(password, salt, length, options, (error, key) => {
        scrypted.running--;
        done(error, key);
      });
    },
  };
});

test('a password is itself and no other, however its letters were composed; two hashes of one differ', async () => {
  const passwords = cheapPasswords();
  const kept = await passwords.hash('Zo\u00eb sings at nine');
  expect(await passwords.matches('Zo\u00eb sings at nine', kept)).toBe(true);
  expect(await passwords.matches('Zoe\u0308 sings at nine', kept)).toBe(true);
  expect(await passwords.matches('Zoe sings at nine', kept)).toBe(false);
  expect(await passwords.matches('', kept)).toBe(false);
  expect((await passwords.hash('Zo\u00eb sings at nine')).hash).not.toBe(kept.hash);
});

test('who has no password costs the same work as a wrong password, and never matches', async () => {
  const passwords = cheapPasswords();
  const kept = await passwords.hash('correct horse battery');
  scrypted.calls = [];
  await passwords.matches('wrong', kept);
  expect(await passwords.matches('wrong', undefined)).toBe(false);
  expect(scrypted.calls).toHaveLength(2);
  expect(scrypted.calls[1]).toEqual(scrypted.calls[0]);
});

test('two at a time are looked at, some wait, the rest is refused at once', async () => {
  const passwords = cheapPasswords();
  scrypted.most = 0;
  const tried = await Promise.allSettled(Array.from({ length: 100 }, () => passwords.matches('guess', undefined)));
  expect(scrypted.most).toBe(2);
  const refused = tried.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(34);
  expect(refused[0]?.reason).toMatchObject({ code: 'LOGIN_BUSY' });
  expect(await passwords.matches('again', undefined)).toBe(false);
});

test('what is written for a real password is scrypt at 64 MiB', async () => {
  const kept = await createPasswords(systemWorld.random).hash('correct horse battery');
  expect(kept).toMatchObject({ scheme: 'scrypt', cost: 65_536, blockSize: 8, parallelization: 2 });
});

test.each(['', 'short', 'x'.repeat(11), 'x'.repeat(1_025), '💬'.repeat(11)])('"%s" is no password', (password) => {
  expect(() => checkPassword(password)).toThrow(expect.objectContaining({ code: 'PASSWORD_WRONG' }));
});
