import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { administer, createPasswords, openAccess } from '@rollcall/access';
import { systemWorld } from '@rollcall/clock';

export const PASSWORD = 'correct horse battery';

/** A directory of its own, without users so far, whose passwords will cost next to nothing. */
export const noUsers = () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-users-'));
  const { clock, random } = systemWorld;
  const passwords = createPasswords(random, { scheme: 'scrypt', cost: 2 ** 14, blockSize: 1, parallelization: 1 });
  return {
    admin: administer(dir, systemWorld, passwords),
    access: openAccess({ dir, clock, random, passwords }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};

export const someUsers = async () => {
  const users = noUsers();
  const { admin } = users;
  await admin.addUser({ name: 'reader', role: 'read', password: PASSWORD });
  await admin.addUser({ name: 'operator', role: 'operate', password: PASSWORD });
  await admin.addUser({ name: 'bound', role: 'read', password: PASSWORD, pbxs: ['pbx-a'] });
  return {
    ...users,
    tokens: {
      reader: admin.addToken('reader', {}),
      operator: admin.addToken('operator', {}),
      bound: admin.addToken('bound', {}),
      /** Of one who may operate, and may only read itself. */
      lesser: admin.addToken('operator', { role: 'read' }),
    },
  };
};

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
